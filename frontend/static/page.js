// The page that watches: the list of executions, and one execution with its tasks and log lines as they come.
// Text from tasks only ever becomes text nodes.

const view = document.getElementById('view');
const connection = document.getElementById('connection');
const logLinesMax = 2000;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const status = (word) => element('span', { class: `status ${word}` }, word);
const time = (text) => (text ? new Date(text).toLocaleTimeString() : '');

function took(from, to) {
  if (!from) return '';
  const seconds = ((to ? new Date(to) : new Date()) - new Date(from)) / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

async function get(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.title ?? response.status}: ${body.detail ?? ''} ${body.hint ?? ''}`);
  return body;
}

// One socket for the page. It says after which event it wants to go on, so a cut loses nothing.
class Stream {
  #socket;
  #wanted;
  #delay = 250;

  watch(wanted, onEvent) {
    this.#wanted = { ...wanted, onEvent };
    if (this.#socket?.readyState === WebSocket.OPEN) this.#subscribe();
    else this.#open();
  }

  #open() {
    this.#socket?.close();
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/v1/stream`, 'ropewalk.v1');
    this.#socket = socket;
    socket.onopen = () => {
      this.#delay = 250;
      connection.textContent = 'live';
      this.#subscribe();
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      connection.textContent = 'connection lost, trying again…';
      setTimeout(() => this.#open(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, 8000);
    };
  }

  #subscribe() {
    if (this.#wanted.active) this.#socket.send(JSON.stringify({ type: 'unsubscribe', id: this.#wanted.active }));
    const { onEvent, active, ...request } = this.#wanted;
    this.#wanted.active = `s${Date.now()}`;
    this.#socket.send(JSON.stringify({ type: 'subscribe', id: this.#wanted.active, ...request }));
  }

  #receive(frame) {
    if (frame.type !== 'event') return;
    const { execution, after, onEvent } = this.#wanted;
    if (execution && (frame.execution !== execution || frame.seq <= after)) return;
    if (execution) this.#wanted.after = frame.seq;
    onEvent(frame);
  }
}

const stream = new Stream();

function listRow(execution) {
  const link = element('a', { href: `#/executions/${execution.id}` }, execution.workflow || execution.id);
  return element('tr', { id: `row-${execution.id}` }, element('td', {}, status(execution.status)), element('td', {}, link),
    element('td', {}, time(execution.createdAt)), element('td', {}, took(execution.startedAt, execution.finishedAt)));
}

async function showList() {
  const refresh = async () => {
    const page = await get('/v1/executions?limit=50');
    if (page.items.length === 0) {
      view.replaceChildren(element('h1', {}, 'Executions'), element('p', { class: 'quiet' },
        'Nothing has run yet. Start something: ', element('code', {}, 'ropewalk run examples/hello.yaml')));
      return;
    }
    const head = element('tr', {}, ...['Status', 'Workflow', 'Started', 'Took'].map((text) => element('th', { scope: 'col' }, text)));
    const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...page.items.map(listRow)));
    view.replaceChildren(element('h1', {}, 'Executions'), element('div', { class: 'scroll' }, table));
  };
  await refresh();
  let waiting = false;
  stream.watch({ executions: 'all' }, () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; if (!location.hash.startsWith('#/executions/')) refresh(); }, 300);
  });
}

function taskRow(task) {
  const error = task.error ? `${task.error.message}${task.error.hint ? ` (${task.error.hint})` : ''}` : '';
  return element('tr', {}, element('td', {}, status(task.status)), element('td', {}, task.task ?? task.id), element('td', {}, task.type ?? ''),
    element('td', {}, task.attempt ? String(task.attempt) : ''), element('td', {}, took(task.startedAt, task.finishedAt)), element('td', { class: 'wide' }, error));
}

async function showExecution(id) {
  const state = await get(`/v1/executions/${id}`);
  const tasks = new Map(state.tasks.map((task) => [task.task ?? task.id, task]));
  const title = element('h1', {});
  const body = element('tbody');
  const log = element('pre', { 'aria-label': 'Log', tabindex: '0' });
  const head = element('tr', {}, ...['Status', 'Task', 'Type', 'Attempt', 'Took', ''].map((text) => element('th', { scope: 'col' }, text)));
  const draw = () => {
    title.replaceChildren(state.workflow || id, ' ', status(state.status));
    body.replaceChildren(...[...tasks.values()].map(taskRow));
  };
  draw();
  view.replaceChildren(title, element('div', { class: 'scroll' }, element('table', {}, element('thead', {}, head), body)), log);
  let drawing = false;
  stream.watch({ execution: id, after: 0, kinds: ['status', 'log'] }, (event) => {
    if (event.kind === 'task.log') {
      const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
      log.append(`${event.task} | ${event.text}\n`);
      while (log.childNodes.length > logLinesMax) log.firstChild.remove();
      if (follows) log.scrollTop = log.scrollHeight;
      return;
    }
    if (event.kind === 'execution.status') state.status = event.status;
    const task = tasks.get(event.task);
    if (task) {
      Object.assign(task, { status: event.status, attempt: event.attempt, error: event.error });
      if (event.status === 'RUNNING') Object.assign(task, { startedAt: event.at, finishedAt: undefined });
      else if (event.status !== 'PENDING') task.finishedAt = event.at;
    }
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => { drawing = false; draw(); });
  });
}

async function route() {
  const match = location.hash.match(/^#\/executions\/([0-9a-f-]{36})$/);
  try {
    await (match ? showExecution(match[1]) : showList());
  } catch (error) {
    view.replaceChildren(element('h1', {}, 'This cannot be shown'), element('p', {}, error.message), element('p', {}, element('a', { href: '#/' }, 'Back to the executions')));
  }
  view.focus();
}

addEventListener('hashchange', route);
route();
