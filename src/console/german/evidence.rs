//! What findings say.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    ("said", "{evidence}.", "{evidence}."),
    ("said", "{evidence}", "{evidence}"),
    ("evidence", "{met}; {remedy}", "{met}; {remedy}"),
    ("evidence", "{met}", "{met}"),
    // Money that is open.
    (
        "met",
        "{m} of {m:all} is settled: {m:rest} is owed since {t}",
        "{m} von {m:all} sind beglichen: {m:rest} fehlen seit {t}",
    ),
    ("met", "nothing of {m} is paid since {t}", "von {m} ist seit {t} nichts bezahlt"),
    ("met", "nothing of {m} is paid since {t}, and {overdue}", "von {m} ist seit {t} nichts bezahlt, und {overdue}"),
    ("overdue", "more than {n} days have passed", "mehr als {n} Tage sind vergangen"),
    ("overdue", "the booked day {t} is over", "der gebuchte Tag {t} ist vorbei"),
    (
        "met",
        "{m} is settled and {m:billed} is billed: {m:over} is too much since {t}",
        "{m} sind beglichen und {m:billed} berechnet: {m:over} sind zu viel seit {t}",
    ),
    ("met", "{m} is left open since {t}", "{m} sind seit {t} offen"),
    ("met", "{credit}", "{credit}"),
    (
        "met",
        "{credit}; Ticketpark does not tell whether it was given back",
        "{credit}; Ticketpark sagt nicht, ob das erstattet wurde",
    ),
    (
        "credit",
        "{dead} is cancelled; {m} was received{with}, {back}: {m:credit} is the guest's since {t}",
        "{dead} ist storniert; {m} gingen ein{with}, {back}: {m:credit} gehören seit {t} dem Gast",
    ),
    ("dead", "the order", "die Bestellung"),
    ("dead", "a part of the order", "ein Teil der Bestellung"),
    ("with", "", ""),
    ("with", ", {m} of it with {names}", ", davon {m} mit {names}"),
    ("back", "nothing was given back", "nichts wurde erstattet"),
    ("back", "{m} was given back", "{m} wurden erstattet"),
    ("names", "{name} and {n} more", "{name} und {n} weitere"),
    ("names", "{name}, {names}", "{name}, {names}"),
    ("names", "{name}", "{name}"),
    (
        "met",
        "payment {w} of {m} came on {t}, after the cancellation on {t:gone}; {m:credit} is the guest's",
        "Zahlung {w} über {m} kam am {t}, nach dem Storno vom {t:gone}; {m:credit} gehören dem Gast",
    ),
    (
        "met",
        "{m} is paid since {t}, and the booking itself is not known",
        "{m} sind seit {t} bezahlt, und die Buchung selbst ist nicht bekannt",
    ),
    (
        "met",
        "{m} is paid since {t}, and the order is not accepted yet",
        "{m} sind seit {t} bezahlt, und die Bestellung ist noch nicht angenommen",
    ),
    (
        "met",
        "{m} is paid since {t}, and the order is declined",
        "{m} sind seit {t} bezahlt, und die Bestellung ist abgelehnt",
    ),
    (
        "met",
        "{m} was given back, the last on {t}, and {m:received} was received",
        "{m} wurden erstattet, zuletzt am {t}, und {m:received} gingen ein",
    ),
    (
        "met",
        "{m} of {m:received} was given back, the last on {t}, though {m:billed} stays billed",
        "{m} von {m:received} wurden erstattet, zuletzt am {t}, obwohl {m:billed} berechnet bleiben",
    ),
    (
        "met",
        "{m} was given back, the last on {t}, and nothing is cancelled",
        "{m} wurden erstattet, zuletzt am {t}, und nichts ist storniert",
    ),
    (
        "met",
        "{m} was given back, the last on {t}, and {m:gone} is cancelled",
        "{m} wurden erstattet, zuletzt am {t}, und {m:gone} sind storniert",
    ),
    // Payments.
    (
        "met",
        "payments {w} and {w:other} of {m} each by {x} are alike, and one is too much",
        "die Zahlungen {w} und {w:other} über je {m} per {x} sind gleich, und eine ist zu viel",
    ),
    (
        "met",
        "{flow} {w} of {m} ({x}, {t}) was sent before and is no longer sent; {became}",
        "{flow} {w} über {m} ({x}, {t}) wurde früher gesendet und jetzt nicht mehr; {became}",
    ),
    ("flow", "payment", "Zahlung"),
    ("flow", "refund", "Erstattung"),
    ("became", "it stays booked here", "sie bleibt hier gebucht"),
    ("became", "it is reversed", "sie ist zurückgebucht"),
    ("met", "payment {w} is also in {in_orders}", "Zahlung {w} steht auch in {in_orders}"),
    ("in_orders", "{in_orders:some} and {n} more", "{in_orders:some} und {n} weiteren"),
    ("in_orders", "order {w}, {in_orders}", "Bestellung {w}, {in_orders}"),
    ("in_orders", "order {w}", "Bestellung {w}"),
    ("in_orders", "{w}, {in_orders}", "{w}, {in_orders}"),
    ("in_orders", "{w}", "{w}"),
    (
        "met",
        "the order says that it was paid at {x}, its payments say {x:dates}",
        "die Bestellung nennt {x} als Zeit der Zahlung, ihre Zahlungen nennen {x:dates}",
    ),
    // Totals and VAT.
    (
        "met",
        "the total {m} is none of the sums that it may mean ({sums}){agree}",
        "die Summe {m} ist keine von denen, die gemeint sein können ({sums}){agree}",
    ),
    ("sums", "{m}", "{m}"),
    ("sums", "{m} to {m:most}", "{m} bis {m:most}"),
    ("agree", "", ""),
    ("agree", "; the payments agree with the total", "; die Zahlungen stimmen mit der Summe überein"),
    (
        "met",
        "{w} has no VAT rate of {p} % on {t}, with which {names} is taxed",
        "{w} hat am {t} keinen Steuersatz von {p} %, mit dem {names} versteuert ist",
    ),
    (
        "met",
        "no VAT rate is known for {names}: {m} waits in `suspense:vat_undetermined`",
        "kein Steuersatz bekannt für {names}: {m} warten auf `suspense:vat_undetermined`",
    ),
    ("met", "no VAT rate is known for {name}", "kein Steuersatz bekannt für {name}"),
    (
        "met",
        "nobody has told the date of ticket {w}, so its revenue waits as deferred revenue",
        "niemand hat das Datum von Ticket {w} genannt, daher wartet der Erlös als abgegrenzt",
    ),
    (
        "met",
        "{names} happens on {t}, which had not begun when it was told",
        "{names}: am {t}, der noch nicht begonnen hatte, als es gemeldet wurde",
    ),
    (
        "met",
        "{n} facts of {t}, which is closed, are booked in {t:now}: {m} on what the guest owes",
        "{n} Sachverhalte aus {t}, das abgeschlossen ist, sind in {t:now} gebucht: {m} auf Forderungen",
    ),
    // What a newer delivery has no more.
    (
        "met",
        "the newest delivery has no `{w}`, an older one had; what was known is kept",
        "die neueste Nachricht hat kein `{w}`, eine ältere hatte es; was bekannt war, bleibt",
    ),
    ("met", "the order was known as {x} and is now called {x:now}", "die Bestellung hieß {x} und heißt jetzt {x:now}"),
    (
        "met",
        "the status went back from {status} to {status:now}",
        "der Status ging von {status} zurück auf {status:now}",
    ),
    ("met", "participant {w} was cancelled and is sold again", "Teilnehmer {w} war storniert und ist wieder verkauft"),
    (
        "met",
        "{n} lines of product {w} cannot be told apart over time",
        "{n} Zeilen von Produkt {w} lassen sich über die Zeit nicht unterscheiden",
    ),
    (
        "met",
        "ticket {w} was announced as deleted and is still read",
        "Ticket {w} wurde als gelöscht gemeldet und ist noch da",
    ),
    (
        "met",
        "ticket {w} is gone and was not announced as deleted",
        "Ticket {w} ist weg und wurde nicht als gelöscht gemeldet",
    ),
    // Vouchers and flex tickets.
    (
        "met",
        "{name} is redeemed by {in_orders}, and no order of this source sold it",
        "{name} wurde in {in_orders} eingelöst, und keine Bestellung dieser Quelle hat ihn verkauft",
    ),
    (
        "met",
        "{m} more of {name} is redeemed than was issued, by {in_orders}",
        "von {name} ist {m} mehr eingelöst als ausgestellt, in {in_orders}",
    ),
    ("met", "{name} is also sold by {in_orders}", "{name} wird auch von {in_orders} verkauft"),
    (
        "met",
        "{name} has no limit of admissions and is treated like a limited one",
        "{name} hat keine Grenze der Eintritte und wird wie ein begrenztes behandelt",
    ),
    (
        "met",
        "{name}: {n} of {n:all} admissions are said to be left, {n:known} are known as used",
        "{name}: {n} von {n:all} Eintritten sollen übrig sein, als eingelöst bekannt sind {n:known}",
    ),
    (
        "met",
        "voucher {w} refunds several orders without saying how much of each",
        "Gutschein {w} erstattet mehrere Bestellungen, ohne zu sagen, wie viel von jeder",
    ),
    (
        "met",
        "{name} is negative; its absolute value is used",
        "{name} ist negativ; verwendet wird der Betrag ohne Vorzeichen",
    ),
    (
        "met",
        "{name} is larger than what is left of the lines that it reduces",
        "{name} ist größer als der Rest der Zeilen, die gemindert werden",
    ),
    ("met", "{m} that was kept became income without VAT", "{m}, die einbehalten wurden, sind Erlös ohne Umsatzsteuer"),
    (
        "met",
        "{name} was sold by order {w:seller}; its redemption says {w:said}",
        "{name} wurde von Bestellung {w:seller} verkauft; die Einlösung nennt {w:said}",
    ),
    (
        "met",
        "{name} was sold without VAT and pays for a taxed admission: it counts as prepaid, VAT arises when it \
         is used",
        "{name} wurde ohne Umsatzsteuer verkauft und bezahlt einen versteuerten Eintritt: es gilt als \
         vorausbezahlt, Umsatzsteuer entsteht bei der Einlösung",
    ),
    ("met", "admission of participant {admissions}", "Eintritt von Teilnehmer {admissions}"),
    ("admissions", "{admission}, {admissions}", "{admission}, {admissions}"),
    ("admissions", "{admission} and {n} more", "{admission} und {n} weitere"),
    ("admissions", "{admission}", "{admission}"),
    (
        "admission",
        "{w} on {t}, a day that had not begun when it was told",
        "{w} am {t}, einem Tag, der noch nicht begonnen hatte, als es gemeldet wurde",
    ),
    (
        "admission",
        "{w} on {t}, though the booked day is {t:booked}",
        "{w} am {t}, obwohl der gebuchte Tag der {t:booked} ist",
    ),
    // What a reader met in the document.
    ("met", "{name}: {noted}", "{name}: {noted}"),
    ("met", "{noted} ({names})", "{noted} ({names})"),
    ("met", "{noted}", "{noted}"),
    (
        "noted",
        "voucherOrders[].related_items.payments names it, payments does not",
        "voucherOrders[].related_items.payments nennt sie, payments nicht",
    ),
    ("noted", "`{w}` is not among the documented fields", "`{w}` ist kein dokumentiertes Feld"),
    ("noted", "a field that the documentation does not have", "ein Feld, das die Dokumentation nicht kennt"),
    ("noted", "additional_discount is negative", "additional_discount ist negativ"),
    ("noted", "redeemed_value is negative", "redeemed_value ist negativ"),
    ("noted", "cancelled, and nothing says when", "storniert, und nichts sagt wann"),
    (
        "noted",
        "the participant says {p} %, which counts, and the ticket {p:ticket} %",
        "der Teilnehmer nennt {p} %, das zählt, und das Ticket {p:ticket} %",
    ),
    (
        "noted",
        "confirmation is missing: it is not counted as sold until Ticketpark says that it is confirmed",
        "confirmation fehlt: es gilt nicht als verkauft, bis Ticketpark es bestätigt nennt",
    ),
    (
        "met",
        "{names} was sold by {in_orders}, which took the sale back on {t}, and used by {in_orders:user} on {t:used} \
         for {m}: what was used stays sold, and {still}",
        "{names} wurde von {in_orders} verkauft, die den Verkauf am {t} zurücknahm, und von {in_orders:user} am \
         {t:used} für {m} eingelöst: Eingelöstes bleibt verkauft, und {still}",
    ),
    (
        "met",
        "voucher order {w} ({n} vouchers) refunds the order that issues it, which is accepted and has nothing \
         cancelled",
        "Gutschein-Bestellung {w} (Gutscheine: {n}) erstattet die Bestellung, die sie ausstellt; diese ist angenommen \
         und nichts an ihr ist storniert",
    ),
    ("still", "{m} is open on order {w}", "{m} sind bei Bestellung {w} offen"),
    ("still", "{m} is left for the guest of order {w}", "{m} bleiben dem Gast von Bestellung {w}"),
    // Sweeps and silence.
    (
        "met",
        "no webhook came of a change {since}; event {n} tells it; {missed}",
        "zu einer Änderung {since} kam kein Webhook; Ereignis {n} nennt sie; {missed}",
    ),
    ("since", "between {t} and {t:found}", "zwischen {t} und {t:found}"),
    ("since", "before {t}", "vor {t}"),
    ("missed", "it is parked, so it is not booked", "es ist geparkt und daher nicht gebucht"),
    ("missed", "booked since: {facts}", "seitdem gebucht: {facts}"),
    ("facts", "the day on which revenue counts", "der Tag, an dem Erlös zählt"),
    ("facts", "{booked}, {facts}", "{booked}, {facts}"),
    ("facts", "{booked} and {n} more", "{booked} und {n} weitere"),
    ("facts", "{booked}", "{booked}"),
    ("booked", "undone: {booked}", "zurückgenommen: {booked}"),
    ("booked", "{event} from before the books began {m}", "{event} von vor Buchbeginn {m}"),
    ("booked", "{event} {m}", "{event} {m}"),
    ("event", "ticket sold", "Ticketverkauf"),
    ("event", "product sold", "Produktverkauf"),
    ("event", "flex ticket sold", "Verkauf eines Flex-Tickets"),
    ("event", "flex ticket used", "Einlösung eines Flex-Tickets"),
    ("event", "voucher sold", "Verkauf eines Gutscheins"),
    ("event", "voucher used", "Einlösung eines Gutscheins"),
    ("event", "voucher issued instead of a refund", "Gutschein statt einer Erstattung"),
    ("event", "kept after a cancellation", "nach Storno einbehalten"),
    ("event", "payment", "Zahlung"),
    ("event", "refund", "Erstattung"),
    ("event", "coupon", "Rabattcode"),
    ("event", "discount", "Rabatt"),
    ("event", "ticket cancelled", "Storno eines Tickets"),
    ("event", "product cancelled", "Storno eines Produkts"),
    ("missed", "nothing was booked because of it", "deswegen wurde nichts gebucht"),
    (
        "met",
        "no `{w}` webhook since {t}; about {n} usually come in that time",
        "seit {t} kein Webhook `{w}`; üblich sind in dieser Zeit etwa {n}",
    ),
];
