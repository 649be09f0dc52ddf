/** What a budget shall reach: so much GPU memory, or so many milliseconds. The search itself is core's. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { InspectionFacts } from '../../../core/inspect/inspection';
import type { Goal } from '../../../core/run/runReport';
import { fieldError, type RunContext } from './context';
import { fieldIds, goalKinds, readGoal } from './form';
import { strings } from './strings';
import { textField } from './textField';

export function goalForm(
  { form, set, state }: RunContext,
  { streamable }: InspectionFacts,
  find: (goal: Goal) => void,
): TemplateResult | typeof nothing {
  if (streamable === 0) return nothing;
  const goal = readGoal(form);
  const errors = new Map<string, string>();
  if (goal === null && form.goalText.trim() !== '') {
    errors.set(fieldIds.goal, strings.goalWrong[form.goalKind]);
  }
  return html`
    <section class="run-part" aria-labelledby="run-goal-heading">
      <h2 id="run-goal-heading">${strings.goal}</h2>
      <div class="goal-line">
        <select
          class="field-select"
          aria-label=${strings.goalKind}
          .value=${live(form.goalKind)}
          @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            const goalKind = goalKinds.find((kind) => kind === value);
            if (goalKind) set({ goalKind, goalText: '' });
          }}
        >
          ${goalKinds.map(
            (kind) =>
              html`<option value=${kind} ?selected=${kind === form.goalKind}>
                ${strings.goalKinds[kind]}
              </option>`,
          )}
        </select>
        ${textField({
          id: fieldIds.goal,
          label: strings.goalField[form.goalKind],
          value: form.goalText,
          size: 8,
          text: true,
          placeholder: strings.goalExample[form.goalKind],
          errors,
          onInput: (goalText) => set({ goalText }),
        })}
        ${
          state.run.state === 'running'
            ? nothing
            : html`<vscode-button
                secondary
                data-action="search"
                ?disabled=${goal === null}
                title=${strings.findBudgetTitle}
                @click=${() => {
                  if (goal) find(goal);
                }}
                >${strings.findBudget}</vscode-button
              >`
        }
      </div>
      ${fieldError(fieldIds.goal, errors)}
    </section>
  `;
}
