// The page works without this script. It adds new decisions, and the map follows the clock.
'use strict';

const RETRY_MS = 3000;
const MAP_MS = 60000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the page is visible. A page in the background sends no requests. */
const visible = async () => {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
};

const followDecisions = async () => {
  const rows = document.getElementById('decisions-rows');
  const state = document.getElementById('follow-state');
  // Screen readers read each change, so an equal text is not set again.
  const show = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };
  const button = document.getElementById('follow-pause');
  let resume = null;
  let paused = Promise.resolve();
  button.hidden = false;
  button.addEventListener('click', () => {
    if (resume) {
      resume();
      resume = null;
    } else {
      paused = new Promise((resolve) => { resume = resolve; });
    }
    button.textContent = resume ? 'Resume' : 'Pause';
    show(resume ? 'Paused.' : 'Live.');
  });
  show('Live.');
  for (;;) {
    await visible();
    await paused;
    try {
      const answer = await fetch(`/decisions?after=${rows.dataset.newest}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const newest = answer.headers.get('x-newest');
      // Another program may listen on the port now.
      if (!newest) throw new Error('not precall');
      const newer = await answer.text();
      // The next request gets the decisions that arrived during a pause.
      if (resume) continue;
      rows.dataset.newest = newest;
      rows.insertAdjacentHTML('afterbegin', newer);
      while (rows.children.length > Number(rows.dataset.max)) rows.lastElementChild.remove();
      document.getElementById('no-decisions').hidden = rows.children.length > 0;
      show('Live.');
    } catch {
      if (!resume) show('precall does not answer; retrying.');
      await sleep(RETRY_MS);
    }
  }
};

const followHours = async () => {
  for (;;) {
    await sleep(MAP_MS);
    await visible();
    try {
      const answer = await fetch(`/hours${location.search}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const newer = await answer.text();
      const shown = document.getElementById('hours-shown');
      const scrolled = document.getElementById('grid').scrollLeft;
      const focused = shown.contains(document.activeElement) ? document.activeElement.id : '';
      shown.outerHTML = newer;
      document.getElementById('grid').scrollLeft = scrolled;
      document.getElementById(focused)?.focus({ preventScroll: true });
    } catch {
      // The map stays as it is, with its time.
    }
  }
};

followDecisions();
if (document.querySelector('#hours-shown[data-now]')) followHours();
