//! The HTML as PDF, by a converter that is installed on this machine: weasyprint or Chromium. Both honour the print
//! style of the pages.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum NoPdf {
    #[error("cannot start {program}: {error}")]
    NotStarted { program: String, error: io::Error },
    #[error("{program} made no PDF of {html}: {says}; repair it, or print the HTML from a browser")]
    Failed { program: String, html: String, says: String },
}

impl Converter {
    /// The first one that is found on this search path, which has the form of `PATH`.
    pub fn find(search_path: Option<&std::ffi::OsStr>) -> Option<Self> {
        let folders: Vec<PathBuf> = search_path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
        PROGRAMS.iter().find_map(|(name, kind)| {
            let program = folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file())?;
            Some(Self { program, kind: *kind })
        })
    }

    /// Writes the PDF of an HTML file; both are absolute paths.
    ///
    /// # Errors
    /// When the converter cannot be started, or ends without a PDF; then there is none.
    pub fn convert(&self, html: &Path, pdf: &Path) -> Result<(), NoPdf> {
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
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| NoPdf::NotStarted { program: program.clone(), error })?;
        // A converter that fails may leave a file that is no PDF.
        let is_pdf = std::fs::read(pdf).is_ok_and(|bytes| bytes.starts_with(b"%PDF-"));
        if output.status.success() && is_pdf {
            return Ok(());
        }
        let _ = std::fs::remove_file(pdf);
        let says = String::from_utf8_lossy(&output.stderr);
        let says = says.lines().last().unwrap_or("it said nothing").to_owned();
        Err(NoPdf::Failed { program, html: html.display().to_string(), says })
    }
}
