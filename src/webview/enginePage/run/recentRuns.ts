/** The runs that are kept, newest first: one is shown, two can be seen side by side. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { shortGpuName } from '../../../core/run/runFormats';
import type { RunReport } from '../../../core/run/runReport';
import { failureOf } from '../../../core/run/makeRunReport';
import { formatTime } from '../format';
import { icon } from '../../shared/icon';
import type { RunContext } from './context';
import { differenceRows } from './difference';
import { attemptOf, budgetText, bytesOr, medianOf, msOr } from './numbers';
import { strings } from './strings';

export function shownRun({ state, form }: RunContext): RunReport | null {
  return state.runs.find(({ id }) => id === form.shown) ?? state.runs[0] ?? null;
}

function comparedRuns({ state, form }: RunContext): RunReport[] {
  return form.compared.flatMap((id) => state.runs.find((run) => run.id === id) ?? []);
}

export function recentRuns(context: RunContext): TemplateResult | typeof nothing {
  const { runs } = context.state;
  if (!context.state.trusted) return nothing;
  if (runs.length === 0) return html`<div class="run-part">${importButton(context)}</div>`;
  const shown = shownRun(context);
  const columns = strings.recentColumns;
  const many = runs.length > 1;
  return html`
    <section class="run-part recent" aria-labelledby="run-recent-heading">
      <h2 id="run-recent-heading">${strings.recent}</h2>
      <table class="numbers-table recent-table" aria-labelledby="run-recent-heading">
        <thead>
          <tr>
            <th scope="col">${columns.when}</th>
            <th scope="col">${columns.what}</th>
            <th scope="col">${columns.median}</th>
            <th scope="col">${columns.memory}</th>
            ${
              many
                ? html`<th scope="col" title=${columns.compare}>
                    <span aria-hidden="true">${strings.compareShort}</span
                    ><span class="visually-hidden">${columns.compare}</span>
                  </th>`
                : nothing
            }
          </tr>
        </thead>
        <tbody>
          ${runs.map((run) => recentRow(context, run, run === shown, many))}
        </tbody>
      </table>
      ${
        !many || comparedRuns(context).length === 2
          ? nothing
          : html`<p class="quiet-text recent-hint">
              ${comparedRuns(context).length === 1 ? strings.pickAnother : strings.pickTwo}
            </p>`
      }
      ${importButton(context)}
    </section>
  `;
}

function importButton({ actions }: RunContext): TemplateResult {
  return html`<div class="run-actions">
    <button
      class="quiet"
      type="button"
      data-action="importRuns"
      title=${strings.importRunsTitle}
      @click=${() => actions.send({ type: 'importRuns' })}
    >
      ${icon('folder-opened')}${strings.importRuns}
    </button>
  </div>`;
}

/** Where they are of several GPUs, each run says which. */
function gpuText({ state }: RunContext, run: RunReport): string {
  const names = new Set(state.runs.flatMap(({ gpu }) => gpu?.name ?? []));
  return names.size > 1 && run.gpu ? `, ${shortGpuName(run.gpu.name)}` : '';
}

/** Two that were picked, side by side; above everything else, because it was asked for. */
export function sideBySide(context: RunContext): TemplateResult | typeof nothing {
  const [one, other] = comparedRuns(context);
  if (!one || !other) return nothing;
  return difference(context, one, other);
}

function recentRow(
  context: RunContext,
  run: RunReport,
  isShown: boolean,
  comparable: boolean,
): TemplateResult {
  const { state, form, set } = context;
  const when = formatTime(run.startedAt, state.now);
  const failed = failureOf(run) !== null;
  const budget = budgetText(run);
  return html`<tr class=${isShown ? 'selected' : ''} data-run=${run.id}>
    <th scope="row">
      <button
        class="link"
        type="button"
        aria-pressed=${isShown ? 'true' : 'false'}
        aria-label=${strings.showRun(when)}
        @click=${() => set({ shown: run.id, attempt: null })}
      >
        ${when}
      </button>
    </th>
    <td>
      ${strings.kind[run.kind]}${budget === strings.nothing ? '' : `, ${budget}`}<bdi
        >${gpuText(context, run)}</bdi
      >
    </td>
    ${
      failed
        ? html`<td colspan="2">
            <span class="with-icon recent-failed"
              >${icon('error', 'tone-error')}<span>${strings.failed}</span></span
            >
          </td>`
        : html`<td>${msOr(medianOf(run))}</td>
            <td>${bytesOr(attemptOf(run, null)?.memory.peak)}</td>`
    }
    ${
      comparable
        ? html`<td>
            <input
              type="checkbox"
              aria-label=${strings.compareRunOf(when)}
              .checked=${live(form.compared.includes(run.id))}
              @change=${(event: Event) => {
                const others = form.compared.filter((id) => id !== run.id);
                const isOn = (event.target as HTMLInputElement).checked;
                // A third takes the place of the one that was picked first.
                set({ compared: isOn ? [...others, run.id].slice(-2) : others });
              }}
            />
          </td>`
        : nothing
    }
  </tr>`;
}

/** The older one first: the difference is what changed since. */
function difference({ state, set }: RunContext, one: RunReport, other: RunReport): TemplateResult {
  const [a, b] = one.startedAt <= other.startedAt ? [one, other] : [other, one];
  return html`
    <section aria-labelledby="run-difference-heading">
      <div class="section-head">
        <h2 id="run-difference-heading">${strings.difference}</h2>
        <button
          class="link"
          type="button"
          data-action="endComparison"
          @click=${() => set({ compared: [] })}
        >
          ${strings.endComparison}
        </button>
      </div>
      <div class="scrolls" tabindex="0" role="group" aria-labelledby="run-difference-heading">
        <table class="numbers-table difference-table" aria-labelledby="run-difference-heading">
          <thead>
            <tr>
              <th scope="col">${strings.differenceColumns.number}</th>
              <th scope="col">${formatTime(a.startedAt, state.now)}</th>
              <th scope="col">${formatTime(b.startedAt, state.now)}</th>
              <th scope="col">${strings.differenceColumns.difference}</th>
            </tr>
          </thead>
          <tbody>
            ${differenceRows(a, b).map(
              (row) =>
                html`<tr>
                  <th scope="row">${row.name}</th>
                  <td><bdi>${row.a}</bdi></td>
                  <td><bdi>${row.b}</bdi></td>
                  <td>
                    ${row.difference}${
                      row.better === null
                        ? nothing
                        : html` <span class="quiet-text"
                            >${row.better ? strings.better : strings.worse}</span
                          >`
                    }
                  </td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}
