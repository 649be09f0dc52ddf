/**
 * How many bytes of the weights stay on the GPU: a slider with NVIDIA's rule and the automatic budget marked, a field
 * for the exact number, and what the budget means. What it means is told by core/run/weightBudget.
 */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { formatBytes, formatExactBytes } from '../../../core/text/formats';
import type { InspectionFacts } from '../../../core/inspect/inspection';
import type { BudgetChoice } from '../../../core/run/runReport';
import {
  clampBudget,
  isStreaming,
  ruleBudget,
  scratchAt,
  scratchSentence,
} from '../../../core/run/weightBudget';
import { fieldError, type RunContext } from './context';
import { fieldIds, type FormReading, type RunForm } from './form';
import { icon } from '../../shared/icon';
import { strings } from './strings';
import { textField } from './textField';

/** The slider's own steps: a key moves by a hundredth, whatever the weights' size. */
const sliderSteps = 1000;

/** Free now as it was read last: since the tab opened or a run began, else when the engine was loaded. */
export function freeMemoryOf({ state }: RunContext, facts: InspectionFacts): number | null {
  return state.freeMemory ? state.freeMemory.free : facts.gpu.free;
}

/** What the choice in the form comes to now, bytes. */
export function budgetBytes(
  budget: BudgetChoice,
  facts: InspectionFacts,
  free: number | null,
): number | null {
  switch (budget) {
    case 'default':
      return facts.streamable;
    case 'automatic':
      return facts.automaticBudget;
    case 'rule':
      return ruleBudget(facts.streamable, free);
    default:
      return clampBudget(budget, facts.streamable);
  }
}

export function streamsAtBudget(context: RunContext, reading: FormReading, facts: InspectionFacts) {
  const bytes = budgetBytes(reading.choices.budget, facts, freeMemoryOf(context, facts));
  return isStreaming(bytes, facts.streamable);
}

export function budgetForm(
  context: RunContext,
  facts: InspectionFacts,
  reading: FormReading,
): TemplateResult {
  return html`
    <section class="run-part" aria-labelledby="run-budget-heading">
      <h2 id="run-budget-heading">${strings.budget}</h2>
      ${facts.streamable === 0 ? notStreaming(context) : slider(context, facts, reading)}
    </section>
  `;
}

function notStreaming({ actions }: RunContext): TemplateResult {
  return html`<p class="quiet-text">${strings.notStreaming}</p>
    <button
      class="link"
      type="button"
      data-action="rebuildStreaming"
      @click=${() => actions.send({ type: 'rebuildStreaming' })}
    >
      ${strings.rebuildStreaming}
    </button>`;
}

function slider(context: RunContext, facts: InspectionFacts, reading: FormReading): TemplateResult {
  const { form, set } = context;
  const { streamable } = facts;
  const free = freeMemoryOf(context, facts);
  const rule = ruleBudget(streamable, free);
  const chosen = reading.choices.budget;
  const bytes = budgetBytes(chosen, facts, free);
  const shown = bytes ?? streamable;
  const position = Math.round((shown / streamable) * sliderSteps);
  const choose = (budget: BudgetChoice) => set({ budget, budgetText: null });
  return html`
    <div class="budget-line">
      <div class="budget-slider">
        ${track(shown / streamable, [
          { at: rule === null ? null : rule / streamable, shape: 'up' },
          {
            at: facts.automaticBudget === null ? null : facts.automaticBudget / streamable,
            shape: 'diamond',
          },
        ])}
        <input
          type="range"
          id="run-budget-slider"
          aria-label=${strings.budgetSlider}
          aria-valuetext=${strings.budgetValue(formatBytes(shown), formatBytes(streamable))}
          min="0"
          max=${sliderSteps}
          step=${sliderSteps / 100}
          .value=${live(String(position))}
          @input=${(event: Event) => {
            const part = Number((event.target as HTMLInputElement).value) / sliderSteps;
            choose(part >= 1 ? 'default' : Math.round(part * streamable));
          }}
          @keydown=${(event: KeyboardEvent) =>
            pageKeys(event, shown / streamable, (part) =>
              choose(part >= 1 ? 'default' : Math.round(part * streamable)),
            )}
        />
      </div>
      ${textField({
        id: fieldIds.budget,
        label: strings.budgetField,
        value: form.budgetText ?? formatBytes(shown),
        size: 9,
        text: true,
        title: formatExactBytes(shown),
        errors: reading.errors,
        describedBy: 'run-budget-meaning',
        onInput: (budgetText) => set({ budgetText }),
      })}
    </div>
    ${fieldError(fieldIds.budget, reading.errors)}
    <div class="budget-marks" role="group" aria-label=${strings.budget}>
      ${mark(form, chosen, 'rule', '▲', strings.rule, strings.ruleTitle, rule, choose)}
      ${mark(form, chosen, 'automatic', '◆', strings.automatic, strings.automaticTitle, facts.automaticBudget, choose)}
      ${mark(form, chosen, 'default', '', strings.everything, strings.everythingTitle, streamable, choose)}
    </div>
    ${meaning(bytes, facts, free)}
  `;
}

/** The browser's own Page Up and Page Down differ; here they are a tenth. */
function pageKeys(event: KeyboardEvent, part: number, choose: (part: number) => void): void {
  const step = event.key === 'PageUp' ? 0.1 : event.key === 'PageDown' ? -0.1 : 0;
  if (step === 0) return;
  event.preventDefault();
  choose(Math.min(1, Math.max(0, Math.round((part + step) * 100) / 100)));
}

interface TrackMark {
  /** 0…1; null: not known, not drawn. */
  at: number | null;
  shape: 'up' | 'diamond';
}

/** Below the slider's thumb; an SVG, because the page's policy allows no inline styles. */
function track(filled: number, marks: TrackMark[]): TemplateResult {
  const percent = (part: number) => `${(Math.min(1, Math.max(0, part)) * 100).toFixed(2)}%`;
  return html`<svg class="budget-track" aria-hidden="true">
    <rect class="track-all" width="100%" height="6" y="7" rx="2"></rect>
    <rect class="track-filled" width=${percent(filled)} height="6" y="7" rx="2"></rect>
    ${marks.map(({ at, shape }) =>
      at === null
        ? nothing
        : svg`<svg x=${percent(at)} y="18" overflow="visible"><path class="track-mark" d=${
            shape === 'up' ? 'M0 0 L4.5 8 L-4.5 8 Z' : 'M0 -0.5 L4.5 4 L0 8.5 L-4.5 4 Z'
          } /></svg>`,
    )}
  </svg>`;
}

function mark(
  form: RunForm,
  chosen: BudgetChoice,
  value: 'rule' | 'automatic' | 'default',
  symbol: string,
  label: string,
  title: string,
  bytes: number | null,
  choose: (budget: BudgetChoice) => void,
): TemplateResult {
  const pressed = form.budgetText === null && chosen === value;
  return html`<button
    class="budget-mark"
    type="button"
    title=${title}
    aria-pressed=${pressed ? 'true' : 'false'}
    data-budget=${value}
    ?disabled=${bytes === null}
    @click=${() => choose(value)}
  >
    <span class="mark-symbol" aria-hidden="true">${symbol}</span>
    <span>${label}</span>
    <span class="mark-bytes">${bytes === null ? strings.unknownAmount : formatBytes(bytes)}</span>
  </button>`;
}

function meaning(
  bytes: number | null,
  facts: InspectionFacts,
  free: number | null,
): TemplateResult {
  const { streamable } = facts;
  const scratch = bytes === null ? null : scratchAt(bytes, streamable, facts.budgets);
  const streaming = isStreaming(bytes, streamable);
  const eaten = scratchSentence(bytes, scratch, streamable);
  const parts = [
    free === null ? strings.freeUnknown : strings.free(formatBytes(free)),
    ...(scratch === null
      ? []
      : [scratch === 0 ? strings.noScratch : strings.scratch(formatBytes(scratch))]),
    ...(streaming ? [strings.graphOff] : []),
  ];
  return html`
    <p class="budget-meaning" id="run-budget-meaning">
      <strong>${bytes === null ? strings.unknownAmount : formatBytes(bytes)}</strong>
      ${strings.ofStreamable(formatBytes(streamable))}
      <span class="quiet-text"
        >${parts.map((part) => html`<span class="dot-before">${part}</span>`)}</span
      >
    </p>
    ${
      eaten === null
        ? nothing
        : html`<p class="with-icon budget-warning">
            ${icon('warning', 'tone-warning')}<span
              ><span class="visually-hidden">${strings.severity.warning}</span> ${eaten}</span
            >
          </p>`
    }
  `;
}
