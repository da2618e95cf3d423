//! `ticketledger user`.

use crate::on_both_engines;
use crate::support::daemon::lines;
use crate::support::program::Program;

on_both_engines!(users_are_made_changed_and_removed_by_command, |database| {
    let opened = database.open();
    let program = Program::new(database);
    std::fs::write(program.path("password"), "four words make sense\n").unwrap();
    std::fs::write(program.path("weak"), "short\n").unwrap();
    let file = ["--password-file", "password"];

    let (code, told, _) = program.run(&[&["user", "add", "anna", "--role", "finance"], &file[..]].concat());
    assert_eq!((code, told.as_str()), (0, "anna can sign in as finance at the console.\n"));
    for (arguments, wanted, text) in [
        (&["user", "add", "anna", "--password-file", "password"][..], 1, "there is a user `anna` already"),
        (&["user", "add", "a b", "--password-file", "password"], 1, "the user name `a b` is not possible"),
        (&["user", "add", "a<b", "--password-file", "password"], 1, "1 to 64 characters"),
        (&["user", "add", "bert", "--password-file", "weak"], 1, "shorter than 12 characters"),
        (&["user", "add", "bert"], 2, "not a terminal"),
        (&["user", "add", "bert", "--role", "root", "--stdin"], 2, "invalid value"),
        (&["user", "password", "bert", "--password-file", "password"], 1, "there is no user `bert`"),
        (&["user", "remove", "bert", "--yes"], 1, "there is no user `bert`"),
        (&["user", "token", "anna", "--role", "admin"], 1, "higher role than its user"),
        (&["user", "token", "anna", "--remove", "7"], 2, "anna has no token 7"),
    ] {
        let (code, _, told) = program.run(arguments);
        assert_eq!(code, wanted, "{arguments:?}: {told}");
        assert!(told.contains(text), "{arguments:?}: {told}");
    }
    let hash = lines(&opened, "SELECT password_hash AS line FROM console_users");
    assert!(hash[0].starts_with("$argon2id$") && !hash[0].contains("words"), "{hash:?}");

    // The secret alone on stdout, so that it can be led into a file.
    let (code, token, _) = program.run(&["user", "token", "anna", "--label", "cube"]);
    assert!(code == 0 && token.starts_with("tl_") && token.lines().count() == 1, "{token}");
    let (_, listed, _) = program.run(&["user", "list", "--format", "csv"]);
    assert!(listed.contains("anna,user,finance") && listed.contains("anna,token 1,reader,cube"), "{listed}");
    assert!(!listed.contains("tl_"), "{listed}");

    // A token is never more than its user, whatever it was made for.
    assert_eq!(program.run(&["user", "token", "anna", "--label", "books", "--role", "finance"]).0, 0);
    assert_eq!(program.run(&["user", "role", "anna", "reader"]).0, 0);
    let (_, listed, _) = program.run(&["user", "list", "--format", "csv"]);
    assert!(listed.contains("anna,token 2,reader,books") && !listed.contains("finance"), "{listed}");
    assert_eq!(program.run(&["user", "role", "anna", "admin"]).0, 0);
    let (_, listed, _) = program.run(&["user", "list", "--format", "csv"]);
    assert!(listed.contains("anna,token 1,reader,cube") && listed.contains("anna,token 2,finance,books"), "{listed}");
    assert_eq!(program.run(&[&["user", "password", "anna"], &file[..]].concat()).0, 0);
    assert_ne!(lines(&opened, "SELECT password_hash AS line FROM console_users"), hash);
    assert_eq!(program.run(&["user", "remove", "anna", "--yes"]).0, 0);
    assert_eq!(lines(&opened, "SELECT name AS line FROM console_users"), Vec::<String>::new());
    assert_eq!(lines(&opened, "SELECT label AS line FROM console_tokens"), Vec::<String>::new());
    let record = lines(&opened, "SELECT actor || ' ' || action AS line FROM console_audit ORDER BY id");
    let expected = ["user_add", "token_add", "token_add", "user_change", "user_change", "user_change", "user_remove"];
    assert_eq!(record, expected.map(|action| format!("operator {action}")));
    // What was recorded stays.
    assert!(database.try_execute("DELETE FROM console_audit").is_err());
    assert!(database.try_execute("UPDATE console_audit SET actor = 'x'").is_err());
});
