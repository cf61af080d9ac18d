// Asks the worker. What it refuses comes back as an `Error` with the worker's own sentence.

export const about = {};

const url = (path) => new URL(path, import.meta.url);

export async function learnAbout() {
  Object.assign(about, await answered(await reached(() => fetch(url("about")))));
  return about;
}

export async function ask(path) {
  return answered(await reached(() => fetch(url(path))));
}

/** Sends something that needs the page's token. The token is another one after the worker was started again. */
export async function tell(path, content, signal) {
  const send = () => reached(() => fetch(url(path), {
    method: "POST", body: content, signal, headers: { "X-Article-Stream-Token": about.token },
  }));
  const answer = await send();
  if (answer.status !== 403) return answered(answer);
  const before = about.token;
  await learnAbout();
  return answered(before === about.token ? answer : await send());
}

export const events = () => new EventSource(url("events"));

/** Why there are no events, in a sentence: the browser does not tell a page what an event stream was answered. */
export async function whyNoEvents() {
  const asking = new AbortController();
  try {
    const answer = await fetch(url("events"), { signal: asking.signal });
    if (answer.ok) return "The connection to the worker was lost.";
    return (await answer.json()).problem;
  } catch {
    return "The worker does not answer.";
  } finally {
    asking.abort();
  }
}

async function reached(request) {
  try {
    return await request();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The worker does not answer.");
  }
}

async function answered(answer) {
  let content = null;
  try {
    content = await answer.json();
  } catch {
    throw new Error(`The worker answers ${answer.status} ${answer.statusText}.`);
  }
  if (answer.ok) return content;
  const error = new Error(content.problem ?? `The worker answers ${answer.status}.`);
  error.retryS = content.retry_s ?? 0;
  throw error;
}
