//! What to do about findings.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    ("remedy", "give back no more than that", "erstatten Sie nicht mehr als das"),
    (
        "remedy",
        "cancel what it stands for, or acknowledge it",
        "stornieren Sie, wofür er steht, oder nehmen Sie es zur Kenntnis",
    ),
    (
        "remedy",
        "compare the order with the back office; if many have this since one day, run `ledger calibrate` again",
        "vergleichen Sie die Bestellung mit dem Backoffice; haben es viele seit einem Tag, starten Sie `ledger \
         calibrate` neu",
    ),
    (
        "remedy",
        "collect it from the guest of the order that sold it, or import it as `write-off`",
        "fordern Sie es vom Gast der verkaufenden Bestellung, oder importieren Sie es als `write-off`",
    ),
    (
        "remedy",
        "ask the provider why; if it was agreed since, book its revenue and VAT by hand",
        "fragen Sie den Anbieter nach dem Grund; ist es seither vereinbart, buchen Sie Erlös und Umsatzsteuer von Hand",
    ),
    (
        "remedy",
        "keep the nightly walk on, and ask the provider what counts as a change",
        "lassen Sie den nächtlichen Durchgang an und fragen Sie den Anbieter, was als Änderung zählt",
    ),
    (
        "remedy",
        "it is tried again; if it stays, tell whoever maintains ticketledger",
        "es wird erneut versucht; bleibt es dabei, sagen Sie es denen, die ticketledger pflegen",
    ),
    (
        "remedy",
        "find out which program asks so often, or raise `budget`",
        "finden Sie heraus, welches Programm so oft fragt, oder erhöhen Sie `budget`",
    ),
    ("remedy", "tell Ticketpark", "sagen Sie es Ticketpark"),
    (
        "remedy",
        "write its name in webhooks into `payment_methods` of `[sources.sweep]`; if it has one name there, the next \
         webhook of such a payment teaches it",
        "schreiben Sie den Namen aus den Webhooks in `payment_methods` von `[sources.sweep]`; hat sie dort nur einen, \
         lehrt ihn der nächste Webhook einer solchen Zahlung",
    ),
    ("remedy", "follows from {finding}", "folgt aus: {finding}"),
    (
        "remedy",
        "compare the order with the back office: a part may be missing or wrong",
        "vergleichen Sie die Bestellung mit dem Backoffice: ein Teil kann fehlen oder falsch sein",
    ),
    ("remedy", "compare the order with the back office", "vergleichen Sie die Bestellung mit dem Backoffice"),
    ("remedy", "ask the provider why", "fragen Sie den Anbieter nach dem Grund"),
    (
        "remedy",
        "set the rate and have the order sent or read again",
        "setzen Sie den Satz und lassen Sie die Bestellung neu senden oder lesen",
    ),
    (
        "remedy",
        "set the rate at the provider, and have the order sent again",
        "setzen Sie den Satz beim Anbieter und lassen Sie die Bestellung neu senden",
    ),
    (
        "remedy",
        "add a rule to `vat_rules` of the source, and replay the webhook (`inbox replay`)",
        "ergänzen Sie `vat_rules` der Quelle und verarbeiten Sie den Webhook erneut (`inbox replay`)",
    ),
    ("remedy", "correct the rate at the provider", "berichtigen Sie den Satz beim Anbieter"),
    (
        "remedy",
        "chase the payment, or import it as `payment`",
        "mahnen Sie die Zahlung an oder importieren Sie sie als `payment`",
    ),
    (
        "remedy",
        "chase the rest, or import what was paid elsewhere as `payment`",
        "mahnen Sie den Rest an oder importieren Sie anderswo Bezahltes als `payment`",
    ),
    (
        "remedy",
        "refund it, or find what was not billed",
        "erstatten Sie es, oder finden Sie, was nicht berechnet wurde",
    ),
    ("remedy", "check both, and refund the one that is too much", "prüfen Sie beide und erstatten Sie die überzählige"),
    (
        "remedy",
        "check the refunds: one may be double, or a payment is missing",
        "prüfen Sie die Erstattungen: eine kann doppelt sein, oder eine Zahlung fehlt",
    ),
    (
        "remedy",
        "goodwill: acknowledge it; else cancel or bill what was meant",
        "bei Kulanz zur Kenntnis nehmen; sonst stornieren oder berechnen, was gemeint war",
    ),
    (
        "remedy",
        "give it back, or import what is kept as `retain`",
        "erstatten Sie es, oder importieren Sie das Einbehaltene als `retain`",
    ),
    (
        "remedy",
        "give it back, or leave it: the policy `retained` makes it income once nothing has moved for {n} days since \
         {t}",
        "erstatten Sie es oder warten Sie: die Regel `retained` macht es zum Erlös, wenn sich {n} Tage seit {t} nichts \
         bewegt",
    ),
    (
        "remedy",
        "give it back by a refund voucher that names the order, or import what is kept as `retain`",
        "erstatten Sie es durch einen Gutschein, der die Bestellung nennt, oder importieren Sie das Einbehaltene als \
         `retain`",
    ),
    ("remedy", "wait until it is accepted, or refund it", "warten Sie, bis sie angenommen ist, oder erstatten Sie es"),
    (
        "remedy",
        "claim back what was given too much, or write it off",
        "fordern Sie zurück, was zu viel erstattet wurde, oder buchen Sie es aus",
    ),
    (
        "remedy",
        "ask a tax advisor and write `retained_vat` into the policy",
        "fragen Sie die Steuerberatung und schreiben Sie `retained_vat` in die Regeln",
    ),
    ("remedy", "refund it", "erstatten Sie es"),
    (
        "remedy",
        "ask the provider: a chargeback looks like this",
        "fragen Sie den Anbieter: so sieht eine Rücklastschrift aus",
    ),
    ("remedy", "ask the provider whether it was made", "fragen Sie den Anbieter, ob sie ausgeführt wurde"),
    ("remedy", "write it off: import it as `write-off`", "buchen Sie es aus: importieren Sie es als `write-off`"),
    ("remedy", "find out which order it belongs to", "finden Sie heraus, zu welcher Bestellung sie gehört"),
    (
        "remedy",
        "import it with `ledger import --kind opening-vouchers`, or have the order that sold it sent again",
        "importieren Sie ihn mit `ledger import --kind opening-vouchers`, oder lassen Sie die verkaufende Bestellung \
         neu senden",
    ),
    (
        "remedy",
        "find out which use is wrong, or what else was sold under this id",
        "finden Sie heraus, welche Einlösung falsch ist oder was noch unter dieser Nummer verkauft wurde",
    ),
    ("remedy", "correct the rate if it is wrong", "berichtigen Sie den Satz, wenn er falsch ist"),
    (
        "remedy",
        "allocate `assets:voucher_refund_unallocated` to the orders by hand",
        "verteilen Sie `assets:voucher_refund_unallocated` von Hand auf die Bestellungen",
    ),
    ("remedy", "have that order sent again", "lassen Sie diese Bestellung neu senden"),
    ("remedy", "have the order sent again", "lassen Sie die Bestellung neu senden"),
    ("remedy", "decide with a tax advisor how it is taxed", "klären Sie mit der Steuerberatung, wie versteuert wird"),
    (
        "remedy",
        "if it is used on site: its liability is too high",
        "bei Einlösung vor Ort: die Verbindlichkeit ist zu hoch",
    ),
    (
        "remedy",
        "decide with a tax advisor, and choose the policy `flex_regime`",
        "klären Sie es mit der Steuerberatung und wählen Sie die Regel `flex_regime`",
    ),
    (
        "remedy",
        "a webhook of the order, or of another one for the same date, tells it; else give the event a date at the \
         provider",
        "ein Webhook der Bestellung oder einer anderen zum selben Termin nennt es; sonst geben Sie der Veranstaltung \
         beim Anbieter ein Datum",
    ),
    ("remedy", "ask the provider whether it is one order", "fragen Sie den Anbieter, ob es eine Bestellung ist"),
    ("remedy", "tell whoever maintains ticketledger", "sagen Sie es denen, die ticketledger pflegen"),
    ("remedy", "check that the month is right", "prüfen Sie, ob der Monat stimmt"),
    (
        "remedy",
        "check that the date is right; it heals when that day has come",
        "prüfen Sie, ob das Datum stimmt; an diesem Tag erledigt es sich",
    ),
    ("remedy", "tell whoever files the VAT return", "sagen Sie es denen, die die Steuer anmelden"),
    (
        "remedy",
        "import the refund as `refund` once it is made, or what is kept as `retain`",
        "importieren Sie die Erstattung als `refund`, sobald sie gemacht ist, oder das Einbehaltene als `retain`",
    ),
    (
        "remedy",
        "check whether its webhooks are parked (`inbox list --state parked`)",
        "prüfen Sie, ob zugehörige Webhooks geparkt sind (`inbox list --state parked`)",
    ),
    ("remedy", "check the booking in Ticketpark", "prüfen Sie die Buchung in Ticketpark"),
    ("remedy", "look the booking up at Ticketpark", "sehen Sie die Buchung bei Ticketpark nach"),
    (
        "remedy",
        "nothing is missing in the books; if there are many, ask the provider why",
        "in den Büchern fehlt nichts; sind es viele, fragen Sie den Anbieter nach dem Grund",
    ),
    (
        "remedy",
        "`ticketledger inbox show {n}` says why it is parked; mend that, and book it with `ticketledger inbox replay \
         {n:same}`",
        "`ticketledger inbox show {n}` sagt, warum es geparkt ist; beheben Sie das und buchen Sie es mit `ticketledger \
         inbox replay {n:same}`",
    ),
    ("remedy", "give ticketledger a client of its own", "geben Sie ticketledger einen eigenen Client"),
    (
        "remedy",
        "check that the provider still sends: its settings, the webhook address, the proxy",
        "prüfen Sie, ob der Anbieter noch sendet: seine Einstellungen, die Adresse für Webhooks, den Proxy",
    ),
    ("remedy", "check the clock of this machine", "prüfen Sie die Uhr dieser Maschine"),
];
