//! The command: its files, its exit codes, and the PDF.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::db::{Engine, TestDatabase};
use crate::support::program::Program;

/// A program on the search path of this test run.
fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// A folder with nothing in it but one program.
fn only(program: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::os::unix::fs::symlink(program, folder.join(program.file_name().unwrap())).unwrap();
}

fn text_of(reader: &Path, pdf: &Path) -> String {
    let text = Command::new(reader).args(["-layout"]).arg(pdf).arg("-").output().unwrap();
    String::from_utf8(text.stdout).unwrap()
}

async fn booked(database: &TestDatabase) {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(changed(PAID_ORDER, &[("/tickets/0/title", json!("Führung über Straße & Brücke"))])).await;
    daemon.finish().await;
}

on_both_engines!(the_command_writes_what_belongs_together, async |database| {
    booked(database).await;
    let program = Program::new(database);
    let pack =
        |more: &[&str]| program.run(&[&["report", "pack", "--period", "2025-11", "--out", "out/x"], more].concat());
    let (code, said, errors) = pack(&["--language", "de-CH"]);
    assert_eq!(code, 0, "{said}{errors}");
    assert!(said.contains("museum 2025-11:") && said.contains(" 0 failed"), "{said}");
    assert!(said.contains("theatre 2025-11:"), "each source has its own: {said}");
    let data = std::fs::read(program.path("out/x/museum-2025-11.json")).unwrap();
    let html = std::fs::read_to_string(program.path("out/x/museum-2025-11.de-CH.html")).unwrap();
    assert!(html.contains(&hex::encode(Sha256::digest(&data))), "the cover names the hash of the data");
    assert!(html.contains("Führung über Straße &#38; Brücke") || html.contains("Führung über Straße &amp; Brücke"));
    let data: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!((&data["period"], &data["view"]), (&json!("2025-11"), &json!("as_known")));
    let left: Vec<String> = std::fs::read_dir(program.path("out/x"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("partial"))
        .collect();
    assert_eq!(left, Vec::<String>::new());

    let (code, _, errors) = pack(&["--source", "museum", "--as-closed"]);
    assert_eq!(code, 1);
    assert!(errors.contains("2025-11 of source museum is not closed"), "{errors}");
    for (arguments, says) in [
        (&["report", "pack", "--out", "out"][..], "--period"),
        (&["report", "pack", "--period", "2025-13", "--out", "out"], "write a month such as 2025-11"),
        (&["report", "pack", "--period", "2025-11", "--out", "out", "--language", "fr"], "de-CH"),
        (&["report", "pack", "--period", "2025-11", "--out", "out", "--source", "x"], "there is no source `x`"),
    ] {
        let (code, _, errors) = program.run(arguments);
        assert_eq!(code, 2, "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
    }
});

on_both_engines!(a_check_that_fails_asks_for_attention, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.parked("museum", changed(PAID_ORDER, &[("/id", json!("second")), ("/payments/0/value", json!("x"))])).await;
    daemon.finish().await;
    let program = Program::new(database);
    let (code, said, errors) =
        program.run(&["report", "pack", "--period", "2025-11", "--out", ".", "--source", "museum"]);
    assert_eq!(code, 3, "{errors}");
    assert!(said.contains(" 1 failed"), "{said}");
    let data: Value =
        serde_json::from_str(&std::fs::read_to_string(program.path("museum-2025-11.json")).unwrap()).unwrap();
    let parked = &data["cover"]["freshness"]["parked"];
    assert_eq!(
        (&parked["in_all"], &parked["without_sum"]),
        (&json!(1), &json!(1)),
        "what cannot be read tells nothing"
    );
});

#[tokio::test]
async fn without_a_converter_the_pdf_is_a_plain_one() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    booked(&database).await;
    let program = Program::new(&database);
    let mut command = program.command(&["report", "pack", "--period", "2025-11", "--out", "out", "--pdf"]);
    let output = command.env("PATH", program.path("nothing")).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(said.contains("with weasyprint or chromium installed"), "{said}");
    let pdf = program.path("out/museum-2025-11.en.pdf");
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-1.7"));
    if let Some(reader) = installed("pdftotext") {
        let text = text_of(&reader, &pdf);
        for expected in ["Trial balance", "20.00", "16.80", "3.20", "Führung über Straße & Brücke", "Page 1 of"] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
    std::fs::remove_file(&pdf).unwrap();
    // A converter that fails says so, and leaves no file that is no PDF.
    let folder = program.path("fake");
    std::fs::create_dir_all(&folder).unwrap();
    let fake = folder.join("weasyprint");
    std::fs::write(&fake, "#!/bin/sh\necho half > \"$3\"\necho 'no fonts' >&2\nexit 1\n").unwrap();
    std::os::unix::fs::symlink("/bin/sh", folder.join("sh")).unwrap();
    let mut permissions = std::fs::metadata(&fake).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&fake, permissions).unwrap();
    let mut command = program.command(&["report", "pack", "--period", "2025-11", "--out", "out", "--pdf"]);
    let output = command.env("PATH", &folder).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("made no PDF") && errors.contains("no fonts"), "{errors}");
    assert!(!program.path("out/museum-2025-11.en.pdf").exists());
}

/// With each converter that is installed. `TICKETLEDGER_REQUIRE_CONVERTER=1` wants one, and `pdftotext` to read it.
#[tokio::test]
async fn a_pdf_has_the_totals_of_the_pages() {
    let required = std::env::var("TICKETLEDGER_REQUIRE_CONVERTER").is_ok_and(|wanted| wanted == "1");
    let converters: Vec<PathBuf> = ["weasyprint", "chromium"].iter().filter_map(|name| installed(name)).collect();
    let Some(reader) = installed("pdftotext").filter(|_| !converters.is_empty()) else {
        assert!(!required, "no converter for PDF, or no pdftotext: apt install weasyprint poppler-utils");
        eprintln!("skipped: no converter for PDF, or no pdftotext");
        return;
    };
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    booked(&database).await;
    let program = Program::new(&database);
    for converter in converters {
        let name = converter.file_name().unwrap().to_str().unwrap();
        let folder = program.path(name);
        only(&converter, &folder);
        // It needs the programs that it calls itself, but finds no other converter before it.
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let out = format!("out-{name}");
        let arguments =
            ["report", "pack", "--period", "2025-11", "--source", "museum", "--out", &out, "--pdf", "--language", "de"];
        let mut command = program.command(&arguments);
        let output = command.env("PATH", path).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let pdf = program.path(&out).join("museum-2025-11.de.pdf");
        let text = text_of(&reader, &pdf);
        for expected in ["Summen- und Saldenliste", "20,00", "16,80", "3,20", "Führung über Straße", "Seite 1 von"] {
            assert!(text.contains(expected), "{name}: {expected}\n{text}");
        }
    }
}
