//! Texts of the pages about customers.

use crate::console::words::words;

words! {
    pub(in crate::console) struct Words {
        lead: "Customers stand beside the books, never in them. Their data is masked until you ask for it; asking is \
            recorded.",
            "Gäste stehen neben den Büchern, nie darin. Ihre Daten sind verdeckt, bis Sie danach fragen; die Frage \
            wird festgehalten.";
        lead_reader: "Customers stand beside the books, never in them. Their data is masked.",
            "Gäste stehen neben den Büchern, nie darin. Ihre Daten sind verdeckt.";
        nothing: "No customer was found by “{text}”. A name is found by how the last name begins, from its second \
            letter on.",
            "Zu „{text}“ wurde kein Gast gefunden. Ein Name wird gefunden, wenn der Nachname so beginnt, ab zwei \
            Buchstaben.";
        nothing_reader: "No customer was found by “{text}”. A name is found by the whole last name.",
            "Zu „{text}“ wurde kein Gast gefunden. Ein Name wird am ganzen Nachnamen gefunden.";
        search_hint: "Last name, mail address or number", "Nachname, Mailadresse oder Nummer";
        newest: "Heard of last", "Zuletzt gehört";
        number: "Number", "Nummer";
        name: "Name", "Name";
        email: "Mail address", "Mailadresse";
        erased: "Erased", "Gelöscht";
        title: "Customer {n}", "Gast {n}";
        personal: "Personal data", "Personendaten";
        show: "Show personal data", "Personendaten zeigen";
        show_note: "Who looked, and when, is recorded.", "Wer wann nachgesehen hat, wird festgehalten.";
        shown: "Shown to you now; recorded with your name.", "Ihnen jetzt gezeigt; mit Ihrem Namen festgehalten.";
        phone: "Phone", "Telefon";
        company: "Company", "Firma";
        vat_number: "VAT number", "USt-IdNr.";
        street: "Street", "Straße";
        postal_code: "Postal code", "Postleitzahl";
        city: "City", "Ort";
        country: "Country", "Land";
        language: "Language", "Sprache";
        details: "Other", "Weiteres";
        orders: "Orders", "Bestellungen";
        more_orders: "There are more orders than are shown.", "Es gibt mehr Bestellungen, als gezeigt werden.";
        returned: "Back after the erasure of customer {n}", "Zurück nach der Löschung von Gast {n}";
        erase: "Erase", "Löschen";
        erase_title: "Erase customer {n}", "Gast {n} löschen";
        effect: "What will happen", "Was geschehen wird";
        effect_contact: "The data of this customer is deleted for good; the number stays.",
            "Die Daten dieses Gastes werden endgültig gelöscht; die Nummer bleibt.";
        effect_events: "Webhooks whose contents are deleted for good: {n}.",
            "Webhooks, deren Inhalt endgültig gelöscht wird: {n}.";
        effect_documents: "Documents whose contents are deleted for good: {n}.",
            "Dokumente, deren Inhalt endgültig gelöscht wird: {n}.";
        effect_parked: "Parked webhooks that can then never be replayed: {list}",
            "Geparkte Webhooks, die danach nie mehr verarbeitet werden können: {list}";
        effect_others: "Other customers of these orders keep their data: {list}",
            "Andere Gäste dieser Bestellungen behalten ihre Daten: {list}";
        effect_ledger: "Balances, the chain of hashes and the trace stay as they are.",
            "Salden, Prüfsummenkette und Nachweis bleiben, wie sie sind.";
        parked_too: "Also erase parked webhooks", "Auch geparkte Webhooks löschen";
        confirm_erase: "Erase for good", "Endgültig löschen";
        why_missing: "Write why the customer is erased.", "Schreiben Sie, warum der Gast gelöscht wird.";
        cannot: "This customer cannot be erased", "Dieser Gast kann nicht gelöscht werden";
        unknown: "There is no such customer.", "Diesen Gast gibt es nicht.";
        already: "This customer was erased already.", "Dieser Gast wurde bereits gelöscht.";
        changed: "What would be erased is not what was shown any more. Nothing was erased; look again.",
            "Gelöscht würde nicht mehr, was gezeigt war. Nichts wurde gelöscht; sehen Sie erneut hin.";
        pending: "Webhooks about this person are not processed yet and still need their contents: {list}. Wait until \
            they are done or parked.",
            "Webhooks über diese Person sind noch nicht verarbeitet und brauchen ihren Inhalt: {list}. Warten Sie, \
            bis sie erledigt oder geparkt sind.";
        parked: "Webhooks about this person are parked and could never be replayed afterwards: {list}. Replay them \
            first, or erase them too.",
            "Webhooks über diese Person sind geparkt und könnten danach nie mehr verarbeitet werden: {list}. \
            Verarbeiten Sie sie zuerst, oder löschen Sie sie mit.";
    }
}
