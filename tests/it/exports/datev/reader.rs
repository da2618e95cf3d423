//! A reader of DATEV's files that others wrote: mloda-community-german-ledger, if the Python that
//! `TICKETLEDGER_DATEV_READER` names, else `python3`, has it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{exported, gross, settings, wanted};
use crate::exports::{Python, files, late, orders, with_settings};
use crate::support::daemon::TestDaemon;
use crate::support::db::{Engine, TestDatabase};

const SCRIPT: &str = "import sys\n\
    from mloda.community.feature_groups.experimental.german_ledger.datev import read_batch\n\
    for number, path in enumerate(sys.argv[1:]):\n    \
        head, legs = read_batch(path)\n    \
        for account, amount in zip(legs['Konto'], legs['Betrag']): print(number, account, amount)\n";

/// The reader, where it is installed.
pub(in crate::exports) struct Reader(Python);

impl Reader {
    pub(in crate::exports) fn find() -> Option<Self> {
        let module = "mloda.community.feature_groups.experimental.german_ledger.datev";
        Python::with("DATEV_READER", &[module]).map(Self)
    }

    /// The sum of the legs of each account, for each file.
    pub(in crate::exports) fn legs(&self, paths: &[PathBuf]) -> Vec<BTreeMap<String, i64>> {
        let mut sums = vec![BTreeMap::new(); paths.len()];
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        for line in self.0.run(SCRIPT, &paths).lines() {
            let [number, account, amount] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let of_file: &mut BTreeMap<String, i64> = &mut sums[number.parse::<usize>().unwrap()];
            *of_file.entry(account.to_owned()).or_default() += amount.replace('.', "").parse::<i64>().unwrap();
        }
        sums
    }
}

#[test]
fn an_independent_reader_finds_the_same_legs() {
    let Some(reader) = Reader::find() else { return };
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let daemon = TestDaemon::start(&database).await;
        orders(&daemon).await;
        late(&daemon).await;
        let program = with_settings(&database, &settings(""));
        let bytes = exported(&program, "2025-11", "out");
        let name = files(&program.path("out")).into_keys().next().unwrap();
        let found = reader.legs(&[program.path("out").join(&name)]);
        assert_eq!(found, [gross(&bytes)]);
        assert_eq!(found[0]["10000"], wanted(&daemon, "2025-11")["10000"]);
        daemon.finish().await;
    });
}
