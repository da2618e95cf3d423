//! CSV, JSON lines and Parquet have the lines of the journal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::json;

use super::{HOSTILE, Python, file, objects, orders, run};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, rows};
use crate::support::order::{admission, order};
use crate::support::program::Program;

on_both_engines!(tables_have_the_columns_of_the_view, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    let export = |arguments: &[&str]| {
        run(&program, 0, &[&["export"], arguments, &["--period", "2025-11", "--out", "out"]].concat());
    };
    export(&["csv"]);
    export(&["jsonl"]);
    export(&["parquet"]);
    let (_, csv) = file(&program, "out", "museum-2025-11-1.csv");
    let columns = csv.lines().next().unwrap();
    assert!(columns.starts_with("source,entry_no,line_no,kind,event_type,booking_date,period,"), "{columns}");
    assert!(csv.contains("'=1+1 ;"), "a formula is disarmed: {csv}");
    assert!(csv.contains(",-8.40,0.00,8.40,"), "amounts are for people: {csv}");
    let lines = objects(&file(&program, "out", "museum-2025-11-1.jsonl").1);
    assert!(lines.iter().any(|line| line["event_title"] == HOSTILE), "JSON has the title exactly");
    assert!(lines.iter().any(|line| line["amount_minor"] == -840));

    let bytes = std::fs::File::open(program.path("out/museum-2025-11-1.parquet")).unwrap();
    let reader = SerializedFileReader::new(bytes).unwrap();
    let about = reader.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(about.iter().any(|pair| pair.value.as_deref() == Some("parquet/museum/2025-11/1")), "{about:?}");
    let mut found: Vec<Vec<String>> = Vec::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let field = |name: &str| row.get_column_iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let Field::Long(minor) = field("amount_minor") else { panic!("cents") };
        let Field::Decimal(amount) = field("amount") else { panic!("a decimal") };
        assert_eq!(i64::from_be_bytes(amount.data().try_into().unwrap()), minor);
        let text = |name: &str| match field(name) {
            Field::Str(text) => text,
            Field::Null => "-".to_owned(),
            other => other.to_string(),
        };
        let names = ["entry_no", "line_no", "account", "amount_minor", "vat_bp", "order_code", "payment_id"];
        found.push(names.map(text).into());
    }
    found.sort_by_key(|row| (row[0].parse::<i64>().unwrap(), row[1].parse::<i64>().unwrap()));
    let wanted = rows(
        daemon.database(),
        &["entry_no", "line_no", "account", "amount_minor", "vat_bp", "order_code", "payment_id"],
        "FROM v_gl WHERE source = 'museum' ORDER BY entry_no, line_no",
    );
    assert_eq!(found, wanted);
    assert_eq!(found.len(), lines.len());

    // For programs, in cents.
    let first = "csv/museum/2025-11/1";
    run(&program, 0, &["export", "take-back", first, "--reason", "cents are wanted"]);
    export(&["csv", "--amounts", "minor"]);
    let (_, cents) = file(&program, "out", "museum-2025-11-2.csv");
    assert!(cents.contains(",amount_minor,debit_minor,") && cents.contains(",-840,0,840,"), "{cents}");
    // A currency without cents has no column in Parquet; CSV takes any.
    daemon.deliver(order("yen", json!({"currency": "JPY", "tickets": [admission("y", "1190", "19")]}))).await;
    let said = run(&program, 3, &["export", "parquet", "--period", "2025-11", "--out", "out"]);
    assert!(said.contains("export_currency: JPY"), "{said}");
    export(&["csv"]);
    assert!(file(&program, "out", "museum-2025-11-3.csv").1.contains(",JPY,1190,1190,0,"));
    daemon.finish().await;
});

/// Both readers of others: DuckDB over all files at once, and pyarrow file by file. Each finds the cents as integers
/// and the decimals beside them.
const SUMS: &str = "import decimal, duckdb, glob, pyarrow.parquet, sys\n\
    files = [name for folder in sys.argv[1:] for name in sorted(glob.glob(folder + '/*.parquet'))]\n\
    query = 'select source, account, sum(amount_minor), sum(amount) from read_parquet($1) group by 1, 2'\n\
    for source, account, minor, amount in duckdb.execute(query, [files]).fetchall():\n    \
        assert isinstance(amount, decimal.Decimal) and amount * 100 == minor, (account, amount, minor)\n    \
        print('duckdb', source, account, minor)\n\
    for name in files:\n    \
        table = pyarrow.parquet.read_table(name)\n    \
        assert str(table.schema.field('amount_minor').type) == 'int64', table.schema\n    \
        assert str(table.schema.field('amount').type) == 'decimal128(18, 2)', table.schema\n    \
        assert str(table.schema.field('booking_date').type) == 'date32[day]', table.schema\n    \
        for row in table.to_pylist():\n        \
            assert row['amount'] * 100 == row['amount_minor'], row\n        \
            print('pyarrow', row['source'], row['account'], row['amount_minor'])\n";

/// The sums of each source and account that DuckDB and pyarrow find in the files of folders; `None`, with a note, where
/// `TICKETLEDGER_PARQUET_READER` names no Python that has both.
pub(super) fn python_sums(folders: &[PathBuf]) -> Option<[BTreeMap<(String, String), i64>; 2]> {
    let python = Python::with("PARQUET_READER", &["duckdb", "pyarrow.parquet"])?;
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let said = python.run(SUMS, &folders);
    let of = |reader: &str| {
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        for line in said.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            if fields[0] == reader {
                let key = (fields[1].to_owned(), fields[2].to_owned());
                *sums.entry(key).or_default() += fields[3].parse::<i64>().unwrap();
            }
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    };
    Some([of("duckdb"), of("pyarrow")])
}

on_both_engines!(duckdb_and_pyarrow_find_what_the_ledger_says, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    run(&program, 0, &["export", "parquet", "--period", "2025-11", "--out", "out"]);
    let Some(found) = python_sums(&[program.path("out")]) else { return };
    let wanted = rows(
        daemon.database(),
        &["source", "account", "SUM(amount_minor)"],
        "FROM v_gl WHERE period = '2025-11' GROUP BY source, account HAVING SUM(amount_minor) <> 0",
    );
    let wanted = wanted.iter().map(|row| ((row[0].clone(), row[1].clone()), row[2].parse().unwrap()));
    let wanted: BTreeMap<(String, String), i64> = wanted.collect();
    assert_eq!(found, [wanted.clone(), wanted]);
    daemon.finish().await;
});
