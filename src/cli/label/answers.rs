//! Questions of the page in the browser, in JSON.
//!
//! | question | answer |
//! |---|---|
//! | `GET /api/state?since=V` | the pages, or only the version where it is still V; the training |
//! | `GET /api/pages/N` | its blocks |
//! | `GET /api/pages/N/reasons/B` | why block B has its prediction |
//! | `GET /pages/N` | the page for the frame |
//! | `POST /api/label` `{"edits": [{"page", "block", "label", "only_if"}]}` | what has changed, once it is on disk |
//! | `POST /api/same-text` `{"page", "block", "label"}` | the same, for the text on all pages of the site |
//! | `POST /api/retrain`, `POST /api/use` `{"model"}`, `POST /api/save`, `GET /api/model` | |

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use saring::{Classifier, Explanation, Label, four_decimals};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::explain;
use crate::cli::output::write_whole;
use crate::cli::serve::answers::{Refusal, typed, whole};

use super::pages::verdicts;
use super::retrain::Trainer;
use super::session::{Change, Edit, Session};

/// Bytes of a question: enough for the labels of the largest page.
const LARGEST: usize = 16 << 20;

/// How long a question may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many reasons are told.
const REASONS: usize = 8;

/// What every question is about.
pub struct Desk {
    pub session: Mutex<Session>,
    pub trainer: Arc<Trainer>,
    pub model_out: Option<PathBuf>,
    /// Pages of the command line beyond the limit.
    pub left_out: usize,
    /// The page whose reasons were asked for last.
    pub explained: Mutex<Option<Explained>>,
}

pub struct Explained {
    page: usize,
    by: Arc<Classifier>,
    explanation: Arc<Explanation>,
}

type Answer = Result<Response, Refusal>;

impl Desk {
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a model to use.
    fn adopt(&self, classifier: Classifier) {
        let documents = self.session().documents();
        let said = verdicts(&classifier, &documents);
        self.session().predict(Arc::new(classifier), said);
    }

    fn explanation(&self, page: usize) -> Option<Arc<Explanation>> {
        let (document, by) = {
            let session = self.session();
            let document = Arc::clone(&session.pages.get(page)?.document);
            (document, Arc::clone(&session.classifier))
        };
        let mut explained = self.explained.lock().unwrap_or_else(PoisonError::into_inner);
        let known = explained.as_ref().filter(|e| e.page == page && Arc::ptr_eq(&e.by, &by));
        if let Some(known) = known {
            return Some(Arc::clone(&known.explanation));
        }
        let explanation = Arc::new(by.explain_document(&document));
        *explained = Some(Explained { page, by, explanation: Arc::clone(&explanation) });
        Some(explanation)
    }
}

/// Does what may take a while where it holds up nobody.
async fn apart<T: Send + 'static>(
    desk: Arc<Desk>,
    work: impl FnOnce(&Arc<Desk>) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(move || work(&desk)).await;
    done.map_err(|_| {
        let message = "this met a bug in saring; please report it";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

fn answer(value: &Value) -> Response {
    typed("application/json", value.to_string() + "\n")
}

fn missing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is no such page or block")
}

/// The file or the disk is not as it should be; nothing has changed.
fn unwritten(error: &saring::Error) -> Refusal {
    Refusal::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string())
}

fn refused(message: &str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, message)
}

/// The JSON of a question.
async fn question<T: for<'a> Deserialize<'a>>(request: Request) -> Result<T, Refusal> {
    let (head, body) = request.into_parts();
    // Forms of other sites can send no JSON without asking first.
    let kind = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind != Some(b"application/json") {
        let message = "Content-Type must be application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let declared =
        head.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    let bytes = whole(body, declared, LARGEST, PATIENCE).await?;
    let bad = |e: serde_json::Error| Refusal::new(StatusCode::BAD_REQUEST, e.to_string());
    serde_json::from_slice(&bytes).map_err(bad)
}

#[derive(Deserialize)]
pub struct Since {
    since: Option<u64>,
}

/// `GET /api/state`: also looks whether others have changed the file.
pub async fn state(State(desk): State<Arc<Desk>>, Query(Since { since }): Query<Since>) -> Answer {
    apart(desk, move |desk| {
        let mut session = desk.session();
        let trouble = session.refresh().err().map(|error| error.to_string());
        let mut state = json!({
            "version": session.version,
            "trouble": trouble,
            "notice": session.notice,
            "training": desk.trainer.json(),
        });
        if since == Some(session.version) {
            return answer(&state);
        }
        let started = Arc::ptr_eq(&session.classifier, &desk.trainer.start());
        state["model"] = json!(if started { "start" } else { "trained" });
        state["model_out"] = json!(desk.model_out);
        state["left_out"] = json!(desk.left_out);
        state["data"] = json!(session.path());
        state["labels"] = json!(Label::ALL);
        state["labelled"] = json!(session.labelled());
        let pages = 0..session.pages.len();
        state["pages"] = pages.map(|n| summary(&session, n)).collect();
        answer(&state)
    })
    .await
}

fn summary(session: &Session, n: usize) -> Value {
    let page = &session.pages[n];
    json!({
        "page": n,
        "name": page.name,
        "title": page.document.title,
        "url": page.document.url,
        "site": page.site(),
        "error": page.error,
        "truncated": page.document.truncated,
        "blocks": page.labels.len(),
        "labelled": page.labelled(),
        "uncertainty": four_decimals(page.uncertainty()),
    })
}

/// `GET /api/pages/N`.
pub async fn page(State(desk): State<Arc<Desk>>, Path(n): Path<usize>) -> Answer {
    apart(desk, move |desk| {
        let session = desk.session();
        let page = session.pages.get(n).ok_or_else(missing)?;
        let shapes = page.shapes();
        let block = |i: usize| {
            let (block, verdict) = (&page.document.blocks[i], page.verdicts[i]);
            json!({
                "text": block.text,
                "hidden": block.hidden,
                "shape": shapes[i],
                "twins": session.twins(n, i).len(),
                "predicted": verdict.label,
                "probability": four_decimals(verdict.probability),
                "kept": verdict.kept,
                "uncertainty": four_decimals(verdict.uncertainty()),
                "label": page.labels[i],
            })
        };
        let blocks: Vec<Value> = (0..page.labels.len()).map(block).collect();
        let mut whole = summary(&session, n);
        whole["version"] = json!(session.version);
        whole["blocks"] = json!(blocks);
        Ok(answer(&whole))
    })
    .await?
}

/// `GET /pages/N`.
pub async fn frame(State(desk): State<Arc<Desk>>, Path(n): Path<usize>) -> Answer {
    apart(desk, move |desk| {
        let (name, document) = {
            let session = desk.session();
            let page = session.pages.get(n).ok_or_else(missing)?;
            (page.name.clone(), Arc::clone(&page.document))
        };
        Ok(typed("text/html; charset=utf-8", super::frame::html(&name, &document)))
    })
    .await?
}

/// `GET /api/pages/N/reasons/B`.
pub async fn reasons(
    State(desk): State<Arc<Desk>>,
    Path((n, block)): Path<(usize, usize)>,
) -> Answer {
    apart(desk, move |desk| {
        let explanation = desk.explanation(n).ok_or_else(missing)?;
        if block >= explanation.blocks.len() {
            return Err(missing());
        }
        let reasons = explain::block(&explanation, block, REASONS);
        Ok(typed("application/json", crate::cli::render::line(&reasons)))
    })
    .await?
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edits {
    edits: Vec<EditOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditOf {
    page: usize,
    block: usize,
    label: Option<Label>,
    /// What the block must have for that: a label, or null for none.
    #[serde(default, deserialize_with = "stated")]
    only_if: Option<Option<Label>>,
}

/// Tells a null from a field that is not there.
fn stated<'a, D: serde::Deserializer<'a>>(field: D) -> Result<Option<Option<Label>>, D::Error> {
    Option::<Label>::deserialize(field).map(Some)
}

/// `POST /api/label`.
pub async fn label(State(desk): State<Arc<Desk>>, request: Request) -> Answer {
    let Edits { edits } = question(request).await?;
    let edit =
        |EditOf { page, block, label, only_if }: EditOf| Edit { page, block, label, only_if };
    let edits: Vec<Edit> = edits.into_iter().map(edit).collect();
    apart(desk, move |desk| write(&mut desk.session(), &edits)).await?
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SameText {
    page: usize,
    block: usize,
    label: Label,
}

/// `POST /api/same-text`: the block, and those of its text that have no label, on its site.
pub async fn same_text(State(desk): State<Arc<Desk>>, request: Request) -> Answer {
    let SameText { page, block, label } = question(request).await?;
    apart(desk, move |desk| {
        let mut session = desk.session();
        session.refresh().map_err(|e| unwritten(&e))?;
        let there = session.pages.get(page).is_some_and(|page| block < page.labels.len());
        if !there {
            return Err(missing());
        }
        let edit = |&(p, b): &(usize, usize)| {
            let only_if = ((p, b) != (page, block)).then_some(None);
            Edit { page: p, block: b, label: Some(label), only_if }
        };
        let edits: Vec<Edit> = session.twins(page, block).iter().map(edit).collect();
        write(&mut session, &edits)
    })
    .await?
}

fn write(session: &mut Session, edits: &[Edit]) -> Answer {
    session.refresh().map_err(|e| unwritten(&e))?;
    let before = session.version;
    let changes = session.label(edits).map_err(|e| unwritten(&e))?;
    let mut pages: Vec<usize> = changes.iter().map(|change| change.page).collect();
    pages.sort_unstable();
    pages.dedup();
    let change = |&Change { page, block, from, to }: &Change| json!({ "page": page, "block": block, "from": from, "to": to });
    Ok(answer(&json!({
        "before": before,
        "version": session.version,
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "skipped": edits.len() - changes.len(),
        "labelled": session.labelled(),
        "pages": pages.into_iter().map(|n| summary(session, n)).collect::<Vec<_>>(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `POST /api/retrain`.
pub async fn retrain(State(desk): State<Arc<Desk>>, request: Request) -> Answer {
    let Nothing {} = question(request).await?;
    apart(desk, |desk| {
        let adopts = Arc::clone(desk);
        if !desk.trainer.begin(move |classifier| adopts.adopt(classifier)) {
            return Err(refused("a training is under way"));
        }
        Ok(answer(&desk.trainer.json()))
    })
    .await?
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Start,
    Trained,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    model: Wanted,
}

/// `POST /api/use`: the model of the start, or the newest one, whatever its figures.
pub async fn use_model(State(desk): State<Arc<Desk>>, request: Request) -> Answer {
    let Use { model } = question(request).await?;
    apart(desk, move |desk| {
        match model {
            Wanted::Start => {
                let (start, documents) = (desk.trainer.start(), desk.session().documents());
                let said = verdicts(&start, &documents);
                desk.session().predict(start, said);
            }
            Wanted::Trained => {
                let model =
                    desk.trainer.model().ok_or_else(|| refused("nothing is trained yet"))?;
                desk.adopt(Classifier::new(model.as_ref().clone()));
            }
        }
        Ok(answer(&json!({ "version": desk.session().version })))
    })
    .await?
}

/// `POST /api/save`: the newest model to the file that the command line names.
pub async fn save(State(desk): State<Arc<Desk>>, request: Request) -> Answer {
    let Nothing {} = question(request).await?;
    apart(desk, |desk| {
        let path = desk.model_out.as_ref();
        let path = path.ok_or_else(|| refused("saring label was started without --model-out"))?;
        let model = desk.trainer.model().ok_or_else(|| refused("nothing is trained yet"))?;
        write_whole(path, model.to_json().as_bytes()).map_err(|e| unwritten(&e))?;
        Ok(answer(&json!({ "saved": path })))
    })
    .await?
}

/// `GET /api/model`: the newest model as a file.
pub async fn model(State(desk): State<Arc<Desk>>) -> Answer {
    apart(desk, |desk| {
        let model = desk.trainer.model().ok_or_else(|| refused("nothing is trained yet"))?;
        let mut response = typed("application/json", model.to_json());
        let attachment = HeaderValue::from_static("attachment; filename=\"model.json\"");
        response.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
        Ok(response)
    })
    .await?
}
