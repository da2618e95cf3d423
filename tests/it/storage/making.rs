//! Making a new database: said, and refused where one is expected.

use ticketledger::db::{Database, Error, Role};

use crate::on_both_engines;
use crate::support::home::Home;

on_both_engines!(an_empty_database_is_refused_where_one_is_expected, |database| {
    let refused = Database::open_existing(&database.url, Role::Daemon).map(|_| ()).unwrap_err();
    assert!(matches!(refused, Error::Missing(_)), "{refused}");
    if let Some(path) = &database.path {
        assert!(!path.exists() && !path.with_extension("db.lock").exists(), "nothing is left behind");
        // An empty file is no database either.
        std::fs::write(path, "").unwrap();
        let refused = Database::open_existing(&database.url, Role::Daemon).map(|_| ()).unwrap_err();
        assert!(matches!(refused, Error::Missing(_)), "{refused}");
        assert_eq!(std::fs::metadata(path).unwrap().len(), 0, "nothing is left behind");
    }
    drop(Database::open(&database.url, Role::Daemon).unwrap());
    Database::open_existing(&database.url, Role::Daemon).unwrap();
});

on_both_engines!(a_database_of_another_program_is_left_alone, |database| {
    database.execute("CREATE TABLE orders (id integer)");
    for open in [Database::open, Database::open_existing] {
        let refused = open(&database.url, Role::Daemon).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("another program"), "{refused}");
    }
    // It fails if there were one.
    database.execute("CREATE TABLE __diesel_schema_migrations (id integer)");
});

#[test]
fn a_new_database_is_told_and_a_missing_one_stops_the_start() {
    let mut home = Home::new();
    let serving = home.serve();
    let told = serving.says("made a new, empty database");
    assert!(told["fields"]["message"].as_str().unwrap().contains("ticketledger.db"), "{told}");
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    home.set("TICKETLEDGER_DATABASE__EXPECT", "existing");
    let checked = home.fine(&["config", "check"]);
    assert!(checked.contains("database.expect                existing"), "{checked}");
    let serving = home.serve();
    serving.terminate();
    let (status, said) = serving.ended_saying();
    assert_eq!(status.code(), Some(0));
    assert!(!said.iter().any(|line| line.contains("made a new")), "{said:#?}");
    // As when its volume is not mounted.
    std::fs::remove_file(home.path("ticketledger.db")).unwrap();
    let refused = home.run(&["serve"]);
    assert_eq!(refused.code, Some(1));
    for part in ["there is no ticketledger.db", "volume is mounted", "TICKETLEDGER_DATABASE__EXPECT=anything"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    assert!(!home.path("ticketledger.db").exists());
    home.set("TICKETLEDGER_DATABASE__EXPECT", "nothing");
    assert!(home.run(&["config", "check"]).stderr.contains("must be `anything`, or `existing`"));
}
