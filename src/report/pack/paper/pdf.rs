//! The HTML as PDF, by a converter that is installed on this machine: weasyprint or Chromium. Both honour the print
//! style of the pages.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::limits::PDF_TIMEOUT;

/// The programs that are looked for, in this order.
const PROGRAMS: [(&str, Kind); 5] = [
    ("weasyprint", Kind::Weasyprint),
    ("chromium", Kind::Chromium),
    ("chromium-browser", Kind::Chromium),
    ("google-chrome", Kind::Chromium),
    ("google-chrome-stable", Kind::Chromium),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Weasyprint,
    Chromium,
}

/// A program that makes a PDF of HTML.
#[derive(Clone, Debug)]
pub struct Converter {
    program: PathBuf,
    kind: Kind,
    /// How long it may take.
    limit: Duration,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum NoPdf {
    #[error("cannot start {program}: {error}")]
    NotStarted { program: String, error: io::Error },
    #[error("{program} made no PDF of {html}: {says}; repair it, or print the HTML from a browser")]
    Failed { program: String, html: String, says: String },
    #[error(
        "{program} made no PDF of {html} within {seconds} seconds and was stopped; repair it, print the HTML from a \
         browser, or ask for a shorter period"
    )]
    TooLong { program: String, html: String, seconds: u64 },
    #[error("cannot write {}: {error}", pdf.display())]
    NotWritten { pdf: PathBuf, error: io::Error },
}

impl Converter {
    /// The first one that is found on this search path, which has the form of `PATH`.
    pub fn find(search_path: Option<&std::ffi::OsStr>) -> Option<Self> {
        let folders: Vec<PathBuf> = search_path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
        PROGRAMS.iter().find_map(|(name, kind)| {
            let program = folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file())?;
            Some(Self { program, kind: *kind, limit: PDF_TIMEOUT })
        })
    }

    /// Writes the PDF of an HTML file; both are absolute paths.
    ///
    /// # Errors
    /// When the converter cannot be started, takes too long, or ends without a PDF; then an earlier one stays.
    pub fn convert(&self, html: &Path, pdf: &Path) -> Result<(), NoPdf> {
        let beside = pdf.with_added_extension("partial");
        let made = self.make(html, &beside);
        if made.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        made?;
        std::fs::rename(&beside, pdf).map_err(|error| NoPdf::NotWritten { pdf: pdf.to_owned(), error })
    }

    fn make(&self, html: &Path, pdf: &Path) -> Result<(), NoPdf> {
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Weasyprint => {
                command.arg("--quiet").arg(html).arg(pdf);
            }
            Kind::Chromium => {
                command.args(["--headless", "--disable-gpu", "--no-pdf-header-footer"]);
                // Its sandbox does not work for root; what it reads is a page without scripts that we wrote.
                if rustix::process::geteuid().is_root() {
                    command.arg("--no-sandbox");
                }
                let mut target = std::ffi::OsString::from("--print-to-pdf=");
                target.push(pdf);
                command.arg(target).arg(html);
            }
        }
        let program = self.program.display().to_string();
        let html = html.display().to_string();
        let ended = ended_within(&mut command, self.limit);
        let ended = ended.map_err(|error| NoPdf::NotStarted { program: program.clone(), error })?;
        let Some((status, says)) = ended else {
            return Err(NoPdf::TooLong { program, html, seconds: self.limit.as_secs() });
        };
        // A converter that fails may leave a file that is no PDF.
        let is_pdf = std::fs::read(pdf).is_ok_and(|bytes| bytes.starts_with(b"%PDF-"));
        if status.success() && is_pdf {
            return Ok(());
        }
        let says = says.lines().last().unwrap_or("it said nothing").to_owned();
        Err(NoPdf::Failed { program, html, says })
    }
}

/// What is kept of what a program says.
const SAID_BYTES: u64 = 64 * 1024;

/// Runs a program to its end, and answers how it ended and what it said. `None`: it took too long, and was ended with
/// all that it had started.
fn ended_within(command: &mut Command, limit: Duration) -> io::Result<Option<(ExitStatus, String)>> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let group = Pid::from_child(&child);
    let errors = child.stderr.take();
    let (saying, said) = mpsc::channel();
    std::thread::spawn(move || {
        let Some(mut errors) = errors else { return };
        let mut bytes = Vec::new();
        let _ = errors.by_ref().take(SAID_BYTES).read_to_end(&mut bytes);
        let _ = saying.send(String::from_utf8_lossy(&bytes).into_owned());
        // Whoever cannot write what it wants to say does not end.
        let _ = io::copy(&mut errors, &mut io::sink());
    });
    let (ending, ended) = mpsc::channel();
    std::thread::spawn(move || ending.send(child.wait()));
    let Ok(status) = ended.recv_timeout(limit) else {
        let _ = kill_process_group(group, Signal::KILL);
        let _ = ended.recv();
        return Ok(None);
    };
    // Something that it left behind may still hold the pipe.
    let says = said.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Ok(Some((status?, says)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converter_that_does_not_end_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let fake = folder.path().join("weasyprint");
        std::fs::write(&fake, "#!/bin/sh\necho half > \"$3\"\nsleep 1000\n").expect("a program");
        let mut permissions = std::fs::metadata(&fake).expect("its mode").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        std::fs::set_permissions(&fake, permissions).expect("its mode");
        let found = Converter::find(Some(folder.path().as_os_str())).expect("the converter");
        let converter = Converter { limit: Duration::from_millis(300), ..found };
        let pdf = folder.path().join("x.pdf");
        std::fs::write(&pdf, "an earlier one").expect("a file");
        let ended = converter.convert(&folder.path().join("x.html"), &pdf);
        assert!(matches!(ended, Err(NoPdf::TooLong { .. })), "{ended:?}");
        assert_eq!(std::fs::read_to_string(&pdf).expect("the file"), "an earlier one");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 2, "nothing else is left");
    }
}
