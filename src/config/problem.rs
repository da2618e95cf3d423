//! Mistakes in the settings: all of them at once, each with its place and the next step.

use std::fmt;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// On a line of the file.
    Line(usize),
    /// In a variable of the environment.
    Variable(String),
    /// Nowhere in particular: the file as a whole.
    File,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: String,
    key: String,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            return write!(f, "{}: {}", self.place, self.text);
        }
        write!(f, "{}: {}: {}", self.place, self.key, self.text)
    }
}

/// All mistakes of the settings, in the order in which they were met; shown one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    file: String,
    list: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Problems {
    /// None yet, of this file.
    pub(super) fn new(file: impl Into<String>) -> Self {
        Self { file: file.into(), list: Vec::new(), warnings: Vec::new() }
    }

    /// Adds one. `text` must not hold the value of a secret.
    pub(super) fn add(&mut self, origin: &Origin, key: impl Into<String>, text: impl Into<String>) {
        let problem = self.problem(origin, key, text);
        self.list.push(problem);
    }

    /// Adds a warning: no mistake, but worth changing.
    pub(super) fn warn(&mut self, origin: &Origin, key: impl Into<String>, text: impl Into<String>) {
        let problem = self.problem(origin, key, text);
        if !self.warnings.contains(&problem) {
            self.warnings.push(problem);
        }
    }

    fn problem(&self, origin: &Origin, key: impl Into<String>, text: impl Into<String>) -> Problem {
        let place = match origin {
            Origin::Line(line) => format!("{}:{line}", self.file),
            Origin::Variable(name) => name.clone(),
            Origin::File => self.file.clone(),
        };
        Problem { place, key: key.into(), text: text.into() }
    }

    pub(super) fn into_warnings(self) -> Vec<Problem> {
        self.warnings
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
