//! What a person is told: the story of an order.

use ticketledger::ledger::reading::explain::explain;

use super::*;

on_both_engines!(the_story_of_an_order_says_what_was_there_before, async |database| {
    let daemon = begun(database).await;
    let two = |b: Value| {
        of_march(
            "A",
            json!({"tickets": [ticket(&[participant("a", "119.00", "19"), b])],
            "payments": [paid("p", "238.00", "03-10")]}),
        )
    };
    daemon.deliver(two(participant("b", "119.00", "19"))).await;
    daemon.deliver(two(cancelled_on(participant("b", "119.00", "19"), "11-10"))).await;
    let stories = explain(daemon.database(), None, "A").expect("a story");
    let chapter = |title: &str| {
        let chapters = stories[0].chapters.iter().filter(|chapter| chapter.title == title);
        chapters.flat_map(|chapter| chapter.sentences.clone()).collect::<Vec<String>>()
    };
    let before = chapter("From before the book began");
    assert_eq!(before.len(), 4, "{before:#?}");
    for (sentence, words) in before.iter().zip([
        "238.00 EUR had been received before the book began",
        "119.00 EUR had been sold before the book began",
        "119.00 EUR had been sold before the book began",
        "cancelled since, on 2025-11-10 10:00; 119.00 EUR is taken back, of which VAT 19.00",
    ]) {
        assert!(sentence.contains(words), "{sentence}");
    }
    assert_eq!(chapter("What was sold"), Vec::<String>::new());
    assert!(chapter("How it came about")[1].contains("books the cancellation of ticket"), "{stories:#?}");
    holds(daemon).await;
});
