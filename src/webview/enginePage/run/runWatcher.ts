/**
 * <run-watcher>: in the Run tab whenever that is shown. It does what must happen once when something changed, and
 * which a pure function of the state cannot: reads free memory when the tab opens, takes a picked file into the form,
 * and asks for the comparison that the user wanted as soon as the run for it is there.
 */
import type { PickedInput, RunState } from '../../../core/pages/pageMessages';
import type { PageActions, PageState } from '../state';
import { readForm, type RunForm, withInput } from './form';

/** Answers that are in the form already. */
const taken = new WeakSet<PickedInput>();
/** What was there when a comparison was asked for; null: none was asked for. Never kept: a click asks. */
let compareNext: { runs: ReadonlySet<string>; run: RunState } | null = null;

export function compareNextRun(state: PageState): void {
  compareNext = { runs: new Set(state.runs.map((run) => run.id)), run: state.run };
}

export function forgetCompareNext(): void {
  compareNext = null;
}

export class RunWatcher extends HTMLElement {
  private opened = false;
  private context: { state: PageState; actions: PageActions } | null = null;

  set seen(context: { state: PageState; actions: PageActions }) {
    this.context = context;
    // After this rendering: what follows may render again.
    queueMicrotask(() => this.look());
  }

  connectedCallback(): void {
    this.opened = false;
    queueMicrotask(() => this.look());
  }

  private look(): void {
    if (!this.context || !this.isConnected) return;
    const { state, actions } = this.context;
    if (!this.opened) {
      this.opened = true;
      actions.send({ type: 'readFreeMemory' });
    }
    takePicked(state, actions);
    compareWhenThere(state, actions);
  }
}

function takePicked(state: PageState, actions: PageActions): void {
  let form: RunForm | null = null;
  for (const picked of state.pickedInputs.values()) {
    if (taken.has(picked)) continue;
    taken.add(picked);
    if (picked.state === 'bad' || picked.choice.source.kind !== 'file') continue;
    const { choice, sentence, summary } = picked;
    form = withInput(form ?? readForm(state.runForm), choice.name, {
      source: 'file',
      dimensions: [],
      file: {
        source: picked.choice.source,
        shape: choice.shape ?? summary?.shape ?? null,
        sentence,
      },
    });
  }
  if (form) actions.setRunForm(form);
}

function compareWhenThere(state: PageState, actions: PageActions): void {
  if (!compareNext) return;
  // A failure from before it was asked for still stands there until the run begins.
  if (state.run.state === 'failed' && state.run !== compareNext.run) {
    compareNext = null;
    return;
  }
  const before = compareNext.runs;
  const fresh = state.runs.find((run) => !before.has(run.id));
  if (!fresh || state.run.state === 'running') return;
  compareNext = null;
  const worked = fresh.failure === null && fresh.attempts.some(({ failure }) => failure === null);
  if (fresh.kind === 'run' && worked && !fresh.reference) {
    actions.send({ type: 'compareRun', run: fresh.id });
  }
}

customElements.define('run-watcher', RunWatcher);
