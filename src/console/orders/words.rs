//! Texts of the pages about orders and vouchers.

use crate::console::words::words;

words! {
    pub(in crate::console) struct Words {
        search_hint: "Code or id of an order or voucher, id of a payment, name or mail address",
            "Code oder Nummer einer Bestellung oder eines Gutscheins, Nummer einer Zahlung, Name oder Mailadresse";
        search_note: "A name is found by how the last name begins.",
            "Ein Name wird gefunden, wenn der Nachname so beginnt.";
        search_note_reader: "A name is found by the whole last name.",
            "Ein Name wird am ganzen Nachnamen gefunden.";
        found_orders: "Orders", "Bestellungen";
        found_vouchers: "Vouchers and flex tickets", "Gutscheine und Flex-Tickets";
        found_contacts: "Customers", "Gäste";
        nothing_found: "Nothing was found by “{text}”.", "Zu „{text}“ wurde nichts gefunden.";
        more_found: "There is more than is shown; search for something narrower.",
            "Es gibt mehr, als gezeigt wird; suchen Sie genauer.";
        heard_last: "Heard of last", "Zuletzt gehört";
        order_title: "Order {code}", "Bestellung {code}";
        code: "Code", "Code";
        id: "Id", "Nummer";
        status: "Status", "Status";
        balance: "Balance", "Saldo";
        balance_note: "Positive: the guest owes. Negative: we owe the guest.",
            "Positiv: der Gast schuldet. Negativ: wir schulden dem Gast.";
        placed: "Placed", "Bestellt";
        customers: "Customers", "Gäste";
        arithmetic: "What is open", "Was offen ist";
        nothing_moved: "No money has moved.", "Es ist kein Geld geflossen.";
        term: "What", "Was";
        timeline: "Timeline", "Verlauf";
        timeline_note: "From what came to the entries that it led to.",
            "Von dem, was kam, zu den Buchungen, die daraus entstanden sind.";
        timeline_cut: "Only the newest {n} steps are shown; the command shows all.",
            "Es werden nur die neuesten {n} Schritte gezeigt; der Befehl zeigt alle.";
        import: "Import {id}", "Import {id}";
        fetched: "Read from the provider (document {id})", "Vom Anbieter gelesen (Dokument {id})";
        by_hand: "By a person or a command", "Durch eine Person oder einen Befehl";
        caused_entries: "{n} entries", "{n} Buchungen";
        caused_entry: "1 entry", "1 Buchung";
        caused_nothing: "no entry", "keine Buchung";
        bytes_pruned: "its bytes were deleted", "sein Inhalt wurde gelöscht";
        bytes_altered: "its bytes are NOT those that came", "sein Inhalt ist NICHT der empfangene";
        entry: "Entry", "Buchung";
        takes_back: "takes back {no}", "Gegenbuchung zu {no}";
        account: "Account", "Konto";
        debit: "Debit", "Soll";
        credit: "Credit", "Haben";
        findings: "Findings", "Befunde";
        no_findings: "No finding is open.", "Kein Befund ist offen.";
        sold_here: "Vouchers and flex tickets sold here", "Hier verkaufte Gutscheine und Flex-Tickets";
        in_words: "In words", "In Worten";
        voucher_title: "Voucher {id}", "Gutschein {id}";
        flex_title: "Flex ticket {id}", "Flex-Ticket {id}";
        class: "Kind", "Art";
        regime: "Taxation", "Besteuerung";
        origin: "Origin", "Herkunft";
        face: "Face value", "Nennwert";
        rate: "VAT rate", "Steuersatz";
        sold_by: "Sold by order", "Verkauft mit Bestellung";
        last4: "Code ends in", "Code endet auf";
        issued: "Issued", "Ausgestellt";
        expires: "Expires", "Läuft ab";
        left: "What is left", "Was übrig ist";
        voucher_note: "Codes are as good as money: only a hash and the last characters are kept.",
            "Codes sind so gut wie Geld: nur eine Prüfsumme und die letzten Zeichen werden aufbewahrt.";
        choose_source: "Choose a source to list its vouchers.", "Wählen Sie eine Quelle, um ihre Gutscheine zu sehen.";
    }
}
