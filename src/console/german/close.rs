//! What stands in the way of a close, what to think of, and how complete a book is.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    (
        "said",
        "{t} is over for {w} at {x} ({w:zone}); now it is {w:now}",
        "{t} ist für {w} um {x} vorbei ({w:zone}); jetzt ist {w:now}",
    ),
    (
        "said",
        "{t} is over for {w} at {t:end}; now it is {t:now}",
        "{t} ist für {w} um {t:end} vorbei; jetzt ist {t:now}",
    ),
    (
        "said",
        "1 findings of severity high are open, such as {finding}{of_order}; resolve or acknowledge each \
         (`ticketledger findings list --severity high`)",
        "1 Befund von hoher Schwere ist offen: {finding}{of_order}; klären Sie ihn oder nehmen Sie ihn zur Kenntnis \
         (`ticketledger findings list --severity high`)",
    ),
    (
        "said",
        "{t} is already closed; a closed month stays closed",
        "{t} ist schon abgeschlossen; ein abgeschlossener Monat bleibt abgeschlossen",
    ),
    (
        "said",
        "{t} is already closed, and with it every earlier month",
        "{t} ist schon abgeschlossen, und damit jeder frühere Monat",
    ),
    (
        "said",
        "these months have entries and are not closed; close them first: {x}",
        "diese Monate haben Buchungen und sind nicht abgeschlossen; schließen Sie sie zuerst ab: {x}",
    ),
    (
        "said",
        "{n} webhooks received in {t} are parked: `ticketledger inbox list --state parked` shows them; replay or \
         dismiss them, or use --force",
        "{n} in {t} empfangene Webhooks sind geparkt: `ticketledger inbox list --state parked` zeigt sie; verarbeiten \
         Sie sie erneut, verwerfen Sie sie, oder übergehen Sie die Prüfung mit --force",
    ),
    (
        "said",
        "{n} webhooks received in {t} are pending: the daemon has not processed them yet; wait for it, or use --force",
        "{n} in {t} empfangene Webhooks sind offen: der Daemon hat sie noch nicht verarbeitet; warten Sie, oder \
         übergehen Sie die Prüfung mit --force",
    ),
    (
        "said",
        "{n} findings of severity high are open, such as {finding}{of_order}; resolve or acknowledge each \
         (`ticketledger findings list --severity high`)",
        "{n} Befunde von hoher Schwere sind offen, etwa {finding}{of_order}; klären Sie jeden oder nehmen Sie ihn zur \
         Kenntnis (`ticketledger findings list --severity high`)",
    ),
    ("of_order", "", ""),
    ("of_order", " of order {w}", " bei Bestellung {w}"),
    ("said", "`ledger verify` reports: {x}", "`ledger verify` meldet: {x}"),
    (
        "said",
        "{n} entries belong to months before {t}, in which the first webhook came, the earliest to {t:first}; if \
         another system kept the books then, they are counted twice: begin anew with books_from in the settings of \
         {w}, \
         as docs/going-live.md says. Once a month is closed it is frozen",
        "{n} Buchungen gehören zu Monaten vor {t}, in dem der erste Webhook kam, die früheste zu {t:first}; führte \
         damals \
         ein anderes System die Bücher, zählen sie doppelt: beginnen Sie neu mit books_from in den Einstellungen \
         von {w}, \
         siehe docs/going-live.md. Ein abgeschlossener Monat ist eingefroren",
    ),
    (
        "said",
        "nobody knows whether every webhook of {t} came: {w} was never compared with the provider; `ticketledger sweep \
         {w:same}` does",
        "niemand weiß, ob jeder Webhook aus {t} kam: {w} wurde nie mit dem Anbieter abgeglichen; das macht \
         `ticketledger sweep {w:same}`",
    ),
    (
        "said",
        "a webhook of {t} may still be missing: {fresh}; `ticketledger sweep {w}` compares with the provider",
        "ein Webhook aus {t} kann noch fehlen: {fresh}; `ticketledger sweep {w}` gleicht mit dem Anbieter ab",
    ),
    (
        "said",
        "nobody knows whether every webhook of {t} came: {w} was compared with the provider only for what changed \
         later; `ticketledger sweep {w:same} --from {t:from} --to {t:to}` (Ticketpark: `--history --since {t:since}`) \
         compares the month",
        "niemand weiß, ob jeder Webhook aus {t} kam: {w} wurde mit dem Anbieter nur für spätere Änderungen \
         abgeglichen; \
         `ticketledger sweep {w:same} --from {t:from} --to {t:to}` (Ticketpark: `--history --since {t:since}`) gleicht \
         den Monat ab",
    ),
    ("fresh", "{complete}; {parked}; {sweep}", "{complete}; {parked}; {sweep}"),
    ("complete", "complete up to {t}", "vollständig bis {t}"),
    ("complete", "complete up to: unknown", "vollständig bis: unbekannt"),
    ("parked", "nothing parked", "nichts geparkt"),
    ("parked", "{n} parked (amount unknown)", "{n} geparkt (Betrag unbekannt)"),
    ("parked", "{n} parked ({x})", "{n} geparkt ({x})"),
    ("sweep", "never swept for changes", "nie auf Änderungen abgeglichen"),
    ("sweep", "last sweep {t}, {n} difference", "letzter Abgleich {t}, {n} Unterschied"),
    ("sweep", "last sweep {t}, {n} differences", "letzter Abgleich {t}, {n} Unterschiede"),
    ("sweep", "the last sweep, {t}, {sweep_end}", "der letzte Abgleich, {t}, {sweep_end}"),
    ("sweep_end", "found no difference", "fand keinen Unterschied"),
    ("sweep_end", "found differences and stored them", "fand Unterschiede und hat sie gespeichert"),
    ("sweep_end", "was stopped", "wurde angehalten"),
    (
        "sweep_end",
        "ended early: no more requests are allowed this month",
        "endete vorzeitig: in diesem Monat sind keine Anfragen mehr erlaubt",
    ),
    (
        "sweep_end",
        "ended early: the provider's list changed too much while it was read",
        "endete vorzeitig: die Liste des Anbieters änderte sich beim Lesen zu sehr",
    ),
    ("sweep_end", "failed", "schlug fehl"),
    ("sweep_end", "failed: {cause}", "schlug fehl: {cause}"),
    // Why a sweep failed.
    ("said", "{sweep_end}", "{sweep_end}"),
    ("said", "{cause}", "{cause}"),
    ("cause", "the provider is down", "der Anbieter ist gestört"),
    ("cause", "the provider did not answer", "der Anbieter antwortete nicht"),
    ("cause", "the provider limits our requests", "der Anbieter begrenzt unsere Anfragen"),
    (
        "cause",
        "the provider rejected client_id and client_secret",
        "der Anbieter hat client_id und client_secret abgelehnt",
    ),
    (
        "cause",
        "the provider does not let this client read the orders",
        "der Anbieter lässt diesen Client keine Bestellungen lesen",
    ),
    (
        "cause",
        "another program uses the token of this client",
        "ein anderes Programm verwendet das Token dieses Clients",
    ),
    ("cause", "the provider rejected the login", "der Anbieter hat die Anmeldung abgelehnt"),
    ("cause", "the provider refused access", "der Anbieter hat den Zugriff verweigert"),
    ("cause", "the provider refused the request", "der Anbieter hat die Anfrage abgelehnt"),
    (
        "cause",
        "the provider answered with an unexpected status",
        "der Anbieter antwortete mit einem unerwarteten Status",
    ),
    ("cause", "the provider's answer cannot be read", "die Antwort des Anbieters ist nicht lesbar"),
    ("cause", "the provider's answer is too large", "die Antwort des Anbieters ist zu groß"),
    ("cause", "another process took the source over", "ein anderer Prozess hat die Quelle übernommen"),
    (
        "cause",
        "the database refused what was to be stored",
        "die Datenbank hat abgelehnt, was gespeichert werden sollte",
    ),
];
