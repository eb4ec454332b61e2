//! A classifier in a program of many threads and tasks.
#![cfg(feature = "serve")]

use std::sync::Arc;

use saring::{Classifier, Error, Label, Page};

/// Compiles only for what can be shared by threads and kept by tasks.
const fn is_shared<T: Send + Sync + Unpin + 'static>() {}

const _: () = {
    is_shared::<Classifier>();
    is_shared::<Page>();
    is_shared::<Error>();
};

fn html(n: usize) -> String {
    let paragraph =
        "Warga menyeberang sungai tanpa rakit sejak Senin pagi, kata kepala desa setempat.";
    format!(
        "<h1>Judul {n}</h1>{}<p><a href=/b>Baca juga: Kabar {n}</a>",
        format!("<p>{paragraph} {n}").repeat(n % 9 + 1)
    )
}

/// Classifiers of other options side by side, on the threads of a runtime: each says what it says
/// alone. A state that they shared, or kept from the page before, would show.
#[test]
fn tasks_share_classifiers_and_nothing_else() {
    let base = Classifier::pretrained();
    let classifiers = [
        base.clone(),
        base.clone().keep(&[Label::Related]),
        base.clone().threshold(0.9),
        base.clone().min_probability(0.95),
    ]
    .map(Arc::new);
    let expected: Vec<Page> = (0..200).map(|n| classifiers[n % 4].classify(&html(n))).collect();
    assert!((4..200).any(|n| expected[n].text() != base.classify(&html(n)).text()));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let found: Vec<Page> = runtime.block_on(async {
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let classifier = Arc::clone(&classifiers[n % 4]);
                tokio::spawn(async move { classifier.classify(&html(n)) })
            })
            .collect();
        let mut found = Vec::new();
        for task in tasks {
            found.push(task.await.unwrap());
        }
        found
    });
    assert!(found == expected);
}
