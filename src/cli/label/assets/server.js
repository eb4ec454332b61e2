// Questions to the server. Whatever goes wrong becomes an Error with words for a person.

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("saring label does not answer: is it still running in the terminal?");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) {
    throw new Error(answer?.error ?? `the server answers ${response.status}`);
  }
  return answer;
}

export const server = {
  state: (since) => ask(since === undefined ? "/api/state" : `/api/state?since=${since}`),
  page: (page) => ask(`/api/pages/${page}`),
  reasons: (page, block) => ask(`/api/pages/${page}/reasons/${block}`),
  label: (edits) => ask("/api/label", { edits }),
  sameText: (page, block, label) => ask("/api/same-text", { page, block, label }),
  retrain: () => ask("/api/retrain", {}),
  use: (model) => ask("/api/use", { model }),
  save: () => ask("/api/save", {}),
};
