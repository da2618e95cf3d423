//! Texts of the pages about findings.

use crate::console::words::words;

words! {
    pub(in crate::console) struct Words {
        lead: "What does not add up, or should be known. The worst first, among equals the oldest.",
            "Was nicht aufgeht oder bekannt sein sollte. Das Schwerste zuerst, darunter das Älteste.";
        reason: "Reason", "Grund";
        in_english: "This text is written in English.", "Dieser Text ist auf Englisch geschrieben.";
        severity: "Severity", "Schwere";
        state_open: "open", "offen";
        state_acknowledged: "acknowledged", "zur Kenntnis genommen";
        state_auto_closed: "no longer found", "nicht mehr gefunden";
        expected: "Expected", "Erwartet";
        actual: "Actual", "Tatsächlich";
        difference: "Difference", "Differenz";
        first_seen: "Since", "Seit";
        last_seen: "Last seen", "Zuletzt gesehen";
        evidence: "What happened, and what to do", "Was geschah und was zu tun ist";
        evidence_short: "Evidence", "Beleg";
        title: "Finding: {reason}", "Befund: {reason}";
        follows: "Follows from", "Folgt aus";
        consequences: "What follows from it", "Was daraus folgt";
        acknowledged_by: "Acknowledged by", "Zur Kenntnis genommen von";
        note: "Note", "Notiz";
        fingerprint: "Fingerprint", "Fingerabdruck";
        code_note: "Reason codes are explained in docs/findings.md.",
            "Was die Gründe bedeuten, erklärt docs/findings.md.";
        download: "Download what is open", "Offene herunterladen";
        acknowledge: "Acknowledge", "Zur Kenntnis nehmen";
        acknowledge_these: "Acknowledge these {n}", "Zur Kenntnis nehmen ({n})";
        effect_title: "What will happen", "Was geschehen wird";
        effect: "Findings that stay quiet as long as their amounts stay the same: {n}. Nothing in the ledger changes.",
            "Befunde, die nicht mehr gemeldet werden, solange ihre Beträge gleich bleiben: {n}. An den Buchungen \
                ändert sich nichts.";
        with_consequences: "Also what follows from them ({n})", "Auch was daraus folgt ({n})";
        why_fine: "Why they are fine", "Warum das in Ordnung ist";
        why_missing: "Write why these findings are fine.", "Schreiben Sie, warum diese Befunde in Ordnung sind.";
        acknowledged_before: "{who} has acknowledged it already. Nothing more was done.",
            "{who} hat ihn schon zur Kenntnis genommen. Mehr wurde nicht getan.";
        none_left: "None of them is open any more.", "Keiner davon ist noch offen.";
        number_changed: "{shown} were shown, {now} match now. Confirm again.",
            "Gezeigt wurden {shown}, jetzt passen {now}. Bestätigen Sie erneut.";
        others_now: "As many match now, but not what was shown. Nothing was acknowledged; look again.",
            "Jetzt passen gleich viele, aber nicht die gezeigten. Nichts wurde zur Kenntnis genommen; sehen Sie erneut \
                hin.";
        too_many: "More than {n} match. Narrow the list by reason, source or order.",
            "Mehr als {n} passen. Grenzen Sie die Liste nach Grund, Quelle oder Bestellung ein.";
        narrow: "Choose a reason, an order or a severity first.",
            "Wählen Sie zuerst einen Grund, eine Bestellung oder eine Schwere.";
        sum: "Sum of the differences", "Summe der Differenzen";
    }
}
