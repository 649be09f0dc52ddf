/**
 * The Run tab: on the left what to run, on the right what came of it. Running loads the engine, so before it was looked
 * into there is one button; where it cannot run, its model still can, labelled as what it is.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { plainText } from '../../../core/text/plainText';
import type { Inspection } from '../../../core/inspect/inspection';
import type { PageFailure, RunState } from '../../../core/pages/pageMessages';
import { hasNoGpuToLoadOn } from '../../../core/report/advice';
import { defaultRunChoices } from '../../../core/run/runReport';
import { sweepBudgets } from '../../../core/run/weightBudget';
import { formatDuration } from '../../../core/text/formats';
import { icon } from '../../shared/icon';
import { strings as inspectStrings } from '../inspect/strings';
import { restrictedNote } from '../restrictedNote';
import type { PageActions, PageState } from '../state';
import { budgetForm, freeMemoryOf, streamsAtBudget } from './budgetForm';
import type { RunContext } from './context';
import { type FormReading, readChoices, readForm } from './form';
import './imagePreview';
import { goalForm } from './goalForm';
import { inputsForm } from './inputsForm';
import { recentRuns, shownRun } from './recentRuns';
import { results } from './results';
import './run.css';
import './runPlot';
import { compareNextRun, forgetCompareNext } from './runWatcher';
import { settingsForm } from './settingsForm';
import { strings } from './strings';

export function runTab(state: PageState, actions: PageActions): TemplateResult {
  const form = readForm(state.runForm);
  const context: RunContext = {
    state,
    actions,
    form,
    set: (change) => actions.setRunForm({ ...form, ...change }),
  };
  return html`
    <run-watcher .seen=${{ state, actions }}></run-watcher>
    <div class="visually-hidden" role="status">${announcement(state)}</div>
    <div class="run-columns">
      <div class="run-form" role="group" aria-label=${strings.form}>
        ${left(context)} ${recentRuns(context)}
      </div>
      <div class="run-results" role="group" aria-label=${strings.results}>${results(context)}</div>
    </div>
  `;
}

function announcement({ run, runs }: PageState): string {
  if (run.state === 'running') return strings.running;
  if (run.state === 'failed') return run.failure.sentence;
  return runs[0]?.headline ?? '';
}

function left(context: RunContext): TemplateResult {
  const { state } = context;
  if (!state.trusted) {
    return restrictedNote(strings.restricted, context.actions, 'run-restricted');
  }
  if (state.inspect.state === 'done') return theForm(context, state.inspect.inspection);
  return html`${beforeLooking(context)} ${referenceAlone(context)}`;
}

// ---- before there is a form ---------------------------------------------------------------------------------------

function beforeLooking({ state, actions }: RunContext): TemplateResult {
  const { inspect } = state;
  switch (inspect.state) {
    case 'running':
      return html`<div class="run-part">
        ${progress(state, inspect.progress, inspect.startedAt, strings.loading, () =>
          actions.send({ type: 'cancelInspect' }),
        )}
      </div>`;
    case 'failed':
      return html`<div class="run-part">
        ${pageFailure(inspect.failure, actions)}
        <div class="run-buttons">
          <vscode-button
            secondary
            data-action="inspect"
            @click=${() => actions.send({ type: 'inspect' })}
            >${inspectStrings.tryAgain}</vscode-button
          >
        </div>
      </div>`;
    case 'none':
    case 'done':
      if (state.report && hasNoGpuToLoadOn(state.report)) {
        return html`<div class="run-part">
          <p>${strings.noGpu}</p>
          <div class="run-buttons">
            <vscode-button
              secondary
              data-action="inspect"
              @click=${() => actions.send({ type: 'inspect' })}
              >${inspectStrings.lookAnyway}</vscode-button
            >
          </div>
        </div>`;
      }
      return html`<div class="run-part">
        <p>${strings.notLooked}</p>
        <div class="run-buttons">
          <vscode-button data-action="inspect" @click=${() => actions.send({ type: 'inspect' })}
            >${inspectStrings.look}</vscode-button
          >
        </div>
        <p class="quiet-text">${inspectStrings.explainLoading}</p>
      </div>`;
  }
}

/** No engine in memory, so no inputs are known: the model's own, random. */
function referenceAlone(context: RunContext): TemplateResult | typeof nothing {
  const { state, actions } = context;
  const noGpu = state.report !== null && hasNoGpuToLoadOn(state.report);
  if (state.inspect.state !== 'failed' && !(noGpu && state.inspect.state === 'none')) {
    return state.run.state === 'none'
      ? nothing
      : html`<div class="run-part">${runStateOf(context)}</div>`;
  }
  return html`<section class="run-part" aria-labelledby="run-reference-heading">
    <h2 id="run-reference-heading">${strings.notTheEngine}</h2>
    <p>${strings.referenceAloneAbout}</p>
    ${onnxHint(state)}
    ${
      state.run.state === 'running'
        ? nothing
        : html`<div class="run-buttons">
            <vscode-button
              data-action="reference"
              @click=${() =>
                actions.send({
                  type: 'reference',
                  choices: { ...defaultRunChoices, inputs: [] },
                })}
              >${strings.referenceAlone}</vscode-button
            >
          </div>`
    }
    ${runStateOf(context)}
  </section>`;
}

function onnxHint({ onnx }: PageState): TemplateResult | typeof nothing {
  if (onnx.state === 'given') {
    return html`<p class="quiet-text"><bdi>${strings.model(plainText(onnx.model, 300))}</bdi></p>`;
  }
  return onnx.sentence === ''
    ? nothing
    : html`<p class="quiet-text"><bdi>${onnx.sentence}</bdi></p>`;
}

// ---- the form -----------------------------------------------------------------------------------------------------

function theForm(context: RunContext, inspection: Inspection): TemplateResult {
  const { facts } = inspection;
  const reading = readChoices(context.form, facts.tensors, facts.streamable, facts.profileCount);
  const begin = beginner(context, reading);
  return html`
    ${inputsForm(context, facts, reading)} ${budgetForm(context, facts, reading)}
    ${goalForm(context, facts, (goal) => begin({ type: 'search', choices: reading.choices, goal }))}
    ${settingsForm(context, reading, streamsAtBudget(context, reading, facts))}
    <div class="run-part">
      ${context.state.run.state === 'running' ? nothing : buttons(context, inspection, reading, begin)}
      ${runStateOf(context)}
    </div>
  `;
}

type Begin = (message: Parameters<PageActions['send']>[0]) => void;

/** What is asked for is shown when it is there; a wrong field is shown instead. */
function beginner({ actions, set }: RunContext, { errors }: FormReading): Begin {
  return (message) => {
    if (errors.size > 0) {
      document.getElementById([...errors.keys()][0] ?? '')?.focus();
      return;
    }
    forgetCompareNext();
    actions.send({ type: 'readFreeMemory' });
    set({ shown: null, attempt: null });
    actions.send(message);
  };
}

function buttons(
  context: RunContext,
  { facts }: Inspection,
  { choices, errors }: FormReading,
  begin: Begin,
): TemplateResult {
  const { state, actions } = context;
  const wrong = errors.size > 0;
  const budgets = sweepBudgets(
    facts.streamable,
    facts.automaticBudget,
    freeMemoryOf(context, facts),
  );
  const shown = shownRun(context);
  const comparable =
    shown?.kind === 'run' &&
    shown.failure === null &&
    shown.attempts.some(({ failure }) => failure === null) &&
    !shown.reference &&
    sameChoices(shown.choices, choices);
  const compare = () => {
    if (comparable) actions.send({ type: 'compareRun', run: shown.id });
    else {
      begin({ type: 'run', choices });
      if (!wrong) compareNextRun(state);
    }
  };
  return html`
    <div class="run-buttons">
      <vscode-button data-action="run" @click=${() => begin({ type: 'run', choices })}
        >${strings.run}</vscode-button
      >
      <vscode-button
        secondary
        data-action="sweep"
        ?disabled=${budgets.length < 2}
        title=${budgets.length < 2 ? strings.sweepNothing : strings.sweepTitle(budgets.length)}
        @click=${() => {
          if (budgets.length > 1) begin({ type: 'sweep', choices, budgets });
        }}
        >${strings.sweep}</vscode-button
      >
      <vscode-button
        secondary
        data-action="compare"
        title=${comparable ? strings.compareShown : strings.compareNew}
        @click=${compare}
        >${strings.compare}</vscode-button
      >
    </div>
    ${wrong ? html`<p class="field-error" role="status">${strings.mendFirst(errors.size)}</p>` : nothing}
    ${onnxHint(state)}
    <p>
      <button
        class="link"
        type="button"
        data-action="reference"
        title=${strings.referenceTitle}
        @click=${() => begin({ type: 'reference', choices })}
      >
        ${strings.reference}
      </button>
    </p>
  `;
}

/** Plain data of two shapes that only differ in the order of their keys is the same. */
function sameChoices(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [one, other] = [a, b] as Record<string, unknown>[];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => sameChoices(one?.[key], other?.[key]));
}

// ---- what is going on ---------------------------------------------------------------------------------------------

function runStateOf({ state, actions }: RunContext): TemplateResult | typeof nothing {
  const { run } = state;
  switch (run.state) {
    case 'none':
      return nothing;
    case 'failed':
      return pageFailure(run.failure, actions);
    case 'running':
      return progress(state, run.progress, run.startedAt, strings.running, () => {
        forgetCompareNext();
        actions.send({ type: 'cancelRun' });
      });
  }
}

function progress(
  state: PageState,
  { sentence, fraction }: Extract<RunState, { state: 'running' }>['progress'],
  startedAt: number,
  name: string,
  cancel: () => void,
): TemplateResult {
  const elapsed = Math.max(0, state.now - startedAt);
  return html`
    <div class="run-progress">
      <p><bdi>${sentence || name}</bdi></p>
      ${
        fraction === null
          ? html`<vscode-progress-bar indeterminate aria-label=${name}></vscode-progress-bar>`
          : html`<vscode-progress-bar
              .value=${Math.round(fraction * 100)}
              aria-label=${name}
            ></vscode-progress-bar>`
      }
      <p class="quiet-text">${strings.elapsed(formatDuration(elapsed))}</p>
      <div class="run-buttons">
        <vscode-button
          secondary
          data-action="cancelRun"
          title=${strings.cancelName}
          @click=${cancel}
          >${strings.cancel}</vscode-button
        >
      </div>
    </div>
  `;
}

function pageFailure(failure: PageFailure, actions: PageActions): TemplateResult {
  return html`<div class="run-failure" role="alert">
    ${icon('error', 'tone-error')}
    <div>
      <p class="failure-sentence">
        <span class="visually-hidden">${strings.severity.error}</span>
        <bdi>${failure.sentence}</bdi>
      </p>
      ${failure.nextStep === '' ? nothing : html`<p><bdi>${failure.nextStep}</bdi></p>`}
      <p class="evidence">
        <button class="link" type="button" @click=${() => actions.send({ type: 'showLog' })}>
          ${strings.showLog}
        </button>
      </p>
    </div>
  </div>`;
}
