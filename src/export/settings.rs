//! What the settings say about the files of a source.

use super::account_map::AccountMap;
use super::{Parameters, Target};
use crate::config::Config;

/// What the files of a source depend on, by the settings of today.
///
/// # Errors
/// Says what its settings lack for that target.
pub fn parameters(config: &Config, target: Target, source: &str, minor_units: bool) -> Result<Parameters, String> {
    let parameters = Parameters { minor_units, ..Parameters::default() };
    if !target.is_mapped() {
        return Ok(parameters);
    }
    let Some(settings) = config.source(source) else {
        return Err(format!("the settings have no source {source}, so its accounts have no numbers"));
    };
    let datev = settings.exports.datev.clone().filter(|_| target == Target::Datev);
    if target == Target::Datev && datev.is_none() {
        return Err(format!(
            "source {source} has no DATEV settings; add [sources.exports.datev] with consultant and client, see \
             `ticketledger config example`"
        ));
    }
    let map = Some(AccountMap::of(settings));
    Ok(Parameters { map, vat_split: settings.exports.vat_split, datev, ..parameters })
}
