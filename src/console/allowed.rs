//! What may stand in a field of an address or of a form, in words.

use super::words::words;

words! {
    /// What is said about a value.
    pub(in crate::console) struct Words {
        bad: "{field}: \"{value}\" is not possible. Allowed: {allowed}.",
            "{field}: „{value}“ ist nicht möglich. Erlaubt: {allowed}.";
        missing: "{field} is missing. Allowed: {allowed}.", "{field} fehlt. Erlaubt: {allowed}.";
        number: "a whole number such as 17", "eine ganze Zahl wie 17";
        text: "a text", "ein Text";
        day: "a day such as 2025-11-30", "ein Tag wie 2025-11-30";
        instant: "a day such as 2025-11-30, or a time such as 2025-11-30T18:00 or 2025-11-30T18:00:00+01:00",
            "ein Tag wie 2025-11-30 oder ein Zeitpunkt wie 2025-11-30T18:00 oder 2025-11-30T18:00:00+01:00";
        time: "a time such as 2025-11-30T18:00 or 2025-11-30T18:00:00+01:00",
            "ein Zeitpunkt wie 2025-11-30T18:00 oder 2025-11-30T18:00:00+01:00";
        period: "a month such as 2025-11, a quarter such as 2025-Q4, a year such as 2025, or all",
            "ein Monat wie 2025-11, ein Quartal wie 2025-Q4, ein Jahr wie 2025, oder all";
        month: "a month such as 2025-11", "ein Monat wie 2025-11";
        rate: "a rate in basis points, such as 1900 for 19 %", "ein Satz in Basispunkten, wie 1900 für 19 %";
        place: "what the link to the next page has", "was der Link zur nächsten Seite hat";
        account: "an account of the trial balance", "ein Konto der Summen und Salden";
        currency: "a currency of the account", "eine Währung des Kontos";
        nothing: "nothing; this page has no such filter", "nichts; diese Seite hat keinen solchen Filter";
        others: "nothing; this page has no such filter, but these: {names}",
            "nichts; diese Seite hat keinen solchen Filter, aber diese: {names}";
        short: "a text of at most {n} characters", "ein Text von höchstens {n} Zeichen";
        once: "one value; it stands there more than once", "ein Wert; es steht mehrmals da";
        past: "a time that is not in the future", "ein Zeitpunkt, der nicht in der Zukunft liegt";
        with_view: "a month together with {view} = closed; otherwise this page shows what is there at one point",
            "ein Monat zusammen mit {view} = closed; sonst zeigt diese Seite, was zu einem Zeitpunkt da ist";
        lines_of: "only where {of} is {words}", "nur, wo {of} {words} ist";
        choose: "{field}: \"{value}\" is not possible. Choose one of the list.",
            "{field}: „{value}“ ist nicht möglich. Wählen Sie aus der Liste.";
        not_after: "a day that is not after that of {other}", "ein Tag, der nicht nach dem von {other} liegt";
        closed_month: "closed, together with one month as {period} and without {from}, {to}, {known} and {booked}",
            "closed, zusammen mit einem Monat als {period} und ohne {from}, {to}, {known} und {booked}";
    }
}
