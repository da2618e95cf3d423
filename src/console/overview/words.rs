//! Texts of the overview.

use super::super::words::words;

words! {
    /// The overview.
    pub(in crate::console) struct Words {
        backlog: "Waiting", "Wartend";
        oldest: "Oldest waiting", "Älteste wartende";
        parked: "Parked", "Geparkt";
        parked_money: "Payments in them", "Zahlungen darin";
        unvalued: "amount unknown: {n}", "Betrag unbekannt: {n}";
        provider: "Provider", "Anbieter";
        provider_answers: "answers", "antwortet";
        provider_down: "down; fetching is paused", "gestört; Abruf pausiert";
        provider_sends: "sends; nothing is fetched", "sendet; nichts wird abgerufen";
        last_received: "Last webhook", "Letzter Webhook";
        never: "none yet", "noch keiner";
        last_sweep: "Last sweep", "Letzter Abgleich";
        sweep_never: "never swept for changes", "nie auf Änderungen abgeglichen";
        card_one: "{time}, 1 difference", "{time}, 1 Unterschied";
        card_fine: "{time}, {n} differences", "{time}, {n} Unterschiede";
        card_bad: "{time}: {why}", "{time}: {why}";
        sweep_one: "last sweep {time}, 1 difference", "letzter Abgleich {time}, 1 Unterschied";
        sweep_fine: "last sweep {time}, {n} differences", "letzter Abgleich {time}, {n} Unterschiede";
        sweep_bad: "last sweep {time}: {why}", "letzter Abgleich {time}: {why}";
        findings: "Open findings", "Offene Befunde";
        findings_high: "{n} high", "hoch: {n}";
        findings_medium: "{n} medium", "mittel: {n}";
        findings_low: "{n} low", "niedrig: {n}";
        findings_info: "{n} info", "Hinweis: {n}";
        nothing: "none", "keine";
        fresh_complete: "complete up to {time}", "vollständig bis {time}";
        fresh_unknown: "complete up to: unknown", "vollständig bis: unbekannt";
        fresh_nothing_parked: "nothing parked", "nichts geparkt";
        fresh_parked: "{n} parked (amount unknown)", "{n} geparkt (Betrag unbekannt)";
        fresh_parked_money: "{n} parked ({money})", "{n} geparkt ({money})";
        fresh_parked_partly: "{n} parked ({money}, {more} of unknown amount)",
            "{n} geparkt ({money}, {more} mit unbekanntem Betrag)";
        deliveries: "Webhooks of a known kind in the last 24 hours",
            "Webhooks bekannter Art der letzten 24 Stunden";
        revenue: "Net revenue by month, {currency}", "Nettoerlös je Monat, {currency}";
        payments: "Payments less refunds by month, {currency}", "Zahlungen abzüglich Erstattungen je Monat, {currency}";
        download: "Download how complete each source is", "Vollständigkeit der Quellen herunterladen";
        no_chart: "Nothing to draw yet.", "Noch nichts zu zeichnen.";
        no_sources: "The settings have no source.", "Die Einstellungen haben keine Quelle.";
    }
}
