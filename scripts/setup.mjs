/**
 * Sets the repository up: fetches what it needs, checks it against pinned sums, builds what is to be built.
 *
 *   node scripts/setup.mjs [--for=PURPOSE[,PURPOSE…]]
 *
 * Purposes: cli, demo, package, bench, test (the default: everything), suite:NAME for one suite of `npm test`, step:ID
 * for one step and those it builds on.
 * Idempotent: a step is done once and again only when its inputs change. What was done stays done when a later step
 * fails. Everything it says goes to stderr.
 */
import { pathToFileURL } from 'node:url';

import { purposes, steps, suites } from './setup/steps.mjs';
import { isDone, markDone, withLock } from './setup/state.mjs';
import { SetupError } from './setup/system.mjs';
import { requireTools } from './setup/tools.mjs';

const minimumNode = [20, 19];

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** The steps of these purposes, in order. `test` is all of them. */
export function stepsFor(names) {
  const wanted = new Set(names.flatMap(stepIdsOf));
  return steps.filter((step) => wanted.has(step.id));
}

function stepIdsOf(name) {
  if (name === 'test') return steps.filter((step) => !step.onDemand).map((step) => step.id);
  const only = steps.find((step) => name === `step:${step.id}`);
  if (only !== undefined) return [...only.after, only.id];
  const suite = name.startsWith('suite:') ? name.slice('suite:'.length) : undefined;
  const ids = suite === undefined ? purposes[name] : suites[suite];
  if (ids !== undefined) return ids;
  throw suite === undefined
    ? new SetupError(
        `there is no purpose "${name}"`,
        `Use one of: test, ${Object.keys(purposes).join(', ')}, suite:NAME.`,
      )
    : new SetupError(`there is no suite "${suite}"`, `Suites: ${Object.keys(suites).join(', ')}.`);
}

/** Does what is not done yet. Resolves to the number of steps that had to be done. */
export async function setup(names) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1])) {
    throw new SetupError(
      `Node ${process.versions.node} is too old`,
      `Install Node ${minimumNode.join('.')} or newer: https://nodejs.org`,
    );
  }
  const chosen = stepsFor(names);
  const open = () => chosen.filter((step) => !isDone(step.id, step.key()));
  if (open().length === 0) return 0;
  return withLock(say, async () => {
    const todo = [];
    for (const step of open()) {
      if (!(await adopt(step))) todo.push(step);
    }
    requireTools(todo.flatMap((step) => step.needs));
    for (const [index, step] of todo.entries()) {
      await make(step, `${index + 1}/${todo.length}`);
    }
    // A step may have changed what another depends on (the bundle what the VSIX holds).
    for (const step of open()) await make(step, 'again');
    return todo.length;
  });
}

async function adopt(step) {
  if (step.adopt === undefined || !(await step.adopt())) return false;
  say(`${step.title}: already here, verified`);
  markDone(step.id, step.key(), step.outputs());
  return true;
}

async function make(step, place) {
  if (isDone(step.id, step.key())) return;
  const start = Date.now();
  say(`${place} ${step.title} …`);
  try {
    await step.make((text) => say(`    ${text}`));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError(`${step.title}: ${error.message}`, error.nextStep);
  }
  markDone(step.id, step.key(), step.outputs());
  say(`${place} ${step.title}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

/** Prints a failure for a person; an unexpected one with its stack. */
export function explain(error) {
  if (!(error instanceof SetupError)) {
    say(`failed unexpectedly: ${error.stack}`);
    return;
  }
  say(`failed: ${error.message}`);
  if (error.nextStep !== undefined) say(`next: ${error.nextStep}`);
}

async function main() {
  const option = process.argv.slice(2).find((argument) => argument.startsWith('--for='));
  const names = (option ?? '--for=test').slice('--for='.length).split(',');
  const done = await setup(names);
  if (done === 0) say('everything is in place');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main();
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}
