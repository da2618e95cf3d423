//! The first two lines: the 31 fields of the header, and the titles of the 125 columns.

use chrono::{Datelike as _, NaiveDate};

use super::FORMAT_VERSION;
use crate::clock::Timestamp;
use crate::config::{Chart, Datev};
use crate::ledger::book::Month;

/// What the header says.
pub(super) struct Header<'a> {
    pub(super) datev: &'a Datev,
    pub(super) chart: Chart,
    pub(super) month: Month,
    pub(super) created_at: Timestamp,
    pub(super) source: &'a str,
    /// Of the file among those of the batch, and how many there are.
    pub(super) file: (usize, usize),
    pub(super) batch_number: i32,
}

impl Header<'_> {
    /// Its fields in their order.
    pub(super) fn line(&self) -> String {
        let Datev { consultant, client, account_length, lock, .. } = self.datev;
        let day = |day: NaiveDate| day.format("%Y%m%d").to_string();
        let text = |text: &str| format!("\"{text}\"");
        let chart = match self.chart {
            Chart::Skr03 => "03",
            Chart::Skr04 => "04",
            Chart::Kmu | Chart::None => "",
        };
        let fields = [
            text("EXTF"),
            "700".to_owned(),
            "21".to_owned(),
            text("Buchungsstapel"),
            FORMAT_VERSION.to_owned(),
            self.created_at.utc().format("%Y%m%d%H%M%S%3f").to_string(),
            String::new(),
            text("TL"),
            text("ticketledger"),
            text(""),
            consultant.to_string(),
            client.to_string(),
            day(self.year_begins()),
            account_length.to_string(),
            day(self.month.first_day()),
            day(self.month.last_day()),
            text(&self.name()),
            text(""),
            "1".to_owned(),
            "0".to_owned(),
            u8::from(*lock).to_string(),
            text("EUR"),
            String::new(),
            text(""),
            String::new(),
            String::new(),
            text(chart),
            String::new(),
            String::new(),
            text(""),
            text(&format!("{}-{}", self.month, self.batch_number)),
        ];
        fields.join(";")
    }

    /// First day of the fiscal year that the month is in.
    fn year_begins(&self) -> NaiveDate {
        let first = self.month.first_day();
        let begin = self.datev.fiscal_year_start;
        let year = if first.month() >= begin { first.year() } else { first.year() - 1 };
        NaiveDate::from_ymd_opt(year, begin, 1).unwrap_or(first)
    }

    /// The name of the batch; DATEV allows no hyphen in it, and 30 characters.
    fn name(&self) -> String {
        let (file, files) = self.file;
        let part = if files > 1 { format!(" {file}/{files}") } else { String::new() };
        let behind = format!(" {}{part}", self.month.to_string().replace('-', "/"));
        let source: String = self.source.chars().map(|c| if c == '-' { '_' } else { c }).collect();
        let room = 30_usize.saturating_sub(behind.len());
        format!("{}{behind}", source.chars().take(room).collect::<String>())
    }
}

/// The titles of the columns.
pub(super) fn titles() -> String {
    let numbered = |first: &str, second: &str, count: usize| -> Vec<String> {
        (1..=count).flat_map(|number| [format!("{first} {number}"), format!("{second} {number}")]).collect()
    };
    let own = |titles: &[&str]| -> Vec<String> { titles.iter().map(|title| (*title).to_owned()).collect() };
    let all = [
        own(FIRST),
        numbered("Beleginfo - Art", "Beleginfo - Inhalt", 8),
        own(MIDDLE),
        numbered("Zusatzinformation - Art", "Zusatzinformation- Inhalt", 20),
        own(LAST),
    ];
    all.concat().join(";")
}

const FIRST: &[&str] = &[
    "Umsatz (ohne Soll/Haben-Kz)",
    "Soll/Haben-Kennzeichen",
    "WKZ Umsatz",
    "Kurs",
    "Basis-Umsatz",
    "WKZ Basis-Umsatz",
    "Konto",
    "Gegenkonto (ohne BU-Schlüssel)",
    "BU-Schlüssel",
    "Belegdatum",
    "Belegfeld 1",
    "Belegfeld 2",
    "Skonto",
    "Buchungstext",
    "Postensperre",
    "Diverse Adressnummer",
    "Geschäftspartnerbank",
    "Sachverhalt",
    "Zinssperre",
    "Beleglink",
];

const MIDDLE: &[&str] = &[
    "KOST1 - Kostenstelle",
    "KOST2 - Kostenstelle",
    "Kost-Menge",
    "EU-Land u. UStID (Bestimmung)",
    "EU-Steuersatz (Bestimmung)",
    "Abw. Versteuerungsart",
    "Sachverhalt L+L",
    "Funktionsergänzung L+L",
    "BU 49 Hauptfunktionstyp",
    "BU 49 Hauptfunktionsnummer",
    "BU 49 Funktionsergänzung",
];

const LAST: &[&str] = &[
    "Stück",
    "Gewicht",
    "Zahlweise",
    "Forderungsart",
    "Veranlagungsjahr",
    "Zugeordnete Fälligkeit",
    "Skontotyp",
    "Auftragsnummer",
    "Buchungstyp",
    "USt-Schlüssel (Anzahlungen)",
    "EU-Land (Anzahlungen)",
    "Sachverhalt L+L (Anzahlungen)",
    "EU-Steuersatz (Anzahlungen)",
    "Erlöskonto (Anzahlungen)",
    "Herkunft-Kz",
    "Buchungs GUID",
    "KOST-Datum",
    "SEPA-Mandatsreferenz",
    "Skontosperre",
    "Gesellschaftername",
    "Beteiligtennummer",
    "Identifikationsnummer",
    "Zeichnernummer",
    "Postensperre bis",
    "Bezeichnung SoBil-Sachverhalt",
    "Kennzeichen SoBil-Buchung",
    "Festschreibung",
    "Leistungsdatum",
    "Datum Zuord. Steuerperiode",
    "Fälligkeit",
    "Generalumkehr (GU)",
    "Steuersatz",
    "Land",
    "Abrechnungsreferenz",
    "BVV-Position",
    "EU-Land u. UStID (Ursprung)",
    "EU-Steuersatz (Ursprung)",
    "Abw. Skontokonto",
];
