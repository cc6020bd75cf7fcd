// Shows what runs, once a second, and kills and starts parts. A button is kept while its part is there, and so is the focus.

const told = document.getElementById('told');
const hosts = document.getElementById('hosts');
const rows = new Map();

function made(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

async function act(name) {
  const { button } = rows.get(name);
  if (button.getAttribute('aria-disabled') === 'true') return;
  const kind = button.dataset.act;
  button.setAttribute('aria-disabled', 'true');
  told.textContent = kind === 'kill' ? `${name} is killed` : `${name} starts`;
  const answer = await fetch(`/parts/${name}/${kind}`, { method: 'POST', headers: { 'X-Baton-Fleet': '1' } });
  told.textContent = answer.ok ? `${name} ${kind === 'kill' ? 'is dead' : 'runs again'}` : await answer.text();
  await show();
}

function rowOf(list, part) {
  const row = made('li', '');
  const name = made('span', 'name', part.name);
  if (part.console) {
    const link = made('a', '', 'console');
    link.href = part.console;
    name.append(' ', link);
  }
  const state = made('span', 'state');
  const button = made('button', '');
  button.type = 'button';
  button.addEventListener('click', () => act(part.name));
  row.append(name, state, button);
  list.append(row);
  rows.set(part.name, { state, button });
}

function fill(part) {
  const { state, button } = rows.get(part.name);
  state.textContent = part.state;
  state.className = `state ${part.state}`;
  button.dataset.act = part.state === 'running' ? 'kill' : 'start';
  button.textContent = part.state === 'running' ? 'Kill' : 'Start';
  button.className = button.dataset.act;
  button.setAttribute('aria-label', `${button.textContent} ${part.name}`);
  button.setAttribute('aria-disabled', String(part.state === 'busy'));
}

async function show() {
  const answer = await fetch('/parts');
  for (const [host, parts] of Object.entries(await answer.json())) {
    if (!rows.has(parts[0].name)) {
      const card = made('section', '');
      const list = made('ul', '');
      card.append(made('h2', '', host), list);
      hosts.append(card);
      for (const part of parts) rowOf(list, part);
    }
    parts.forEach(fill);
  }
  hosts.setAttribute('aria-busy', 'false');
}

async function follow() {
  try {
    await show();
  } catch {
    told.textContent = 'make dev-fleet has ended';
  }
  setTimeout(follow, 1000);
}

follow();
