// The page is whole without this. With it, decisions come as they are made, and the map follows the clock.
'use strict';

const AGAIN = 3000; // ms; after a failure
const MINUTE = 60000; // ms; how long the map stands

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether somebody looks. A page in the background asks nothing. */
const looking = async () => {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
};

const followDecisions = async () => {
  const rows = document.getElementById('decisions-rows');
  const state = document.getElementById('follow-state');
  // Read aloud when it changes, so only then.
  const say = (text) => {
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
    button.textContent = resume ? 'Go on' : 'Pause';
    say(resume ? 'Paused.' : 'Live.');
  });
  say('Live.');
  for (;;) {
    await looking();
    await paused;
    try {
      const answer = await fetch(`/decisions?after=${rows.dataset.newest}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const newest = answer.headers.get('x-newest');
      // Something else may listen there by now.
      if (!newest) throw new Error('not precall');
      const newer = await answer.text();
      // What came while it was paused comes afterwards.
      if (resume) continue;
      rows.dataset.newest = newest;
      rows.insertAdjacentHTML('afterbegin', newer);
      while (rows.children.length > Number(rows.dataset.most)) rows.lastElementChild.remove();
      document.getElementById('no-decisions').hidden = rows.children.length > 0;
      say('Live.');
    } catch {
      if (!resume) say('precall does not answer; trying again.');
      await sleep(AGAIN);
    }
  }
};

const followHours = async () => {
  for (;;) {
    await sleep(MINUTE);
    await looking();
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
      // What is shown says of which minute it is.
    }
  }
};

followDecisions();
if (document.querySelector('#hours-shown[data-now]')) followHours();
