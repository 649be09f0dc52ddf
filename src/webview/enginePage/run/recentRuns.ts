/** The runs that are kept, newest first: one is shown, two can be seen side by side. */
import { html, nothing, type TemplateResult } from 'lit';
import type { RunReport } from '../../../core/run/runReport';
import { failureOf } from '../../../core/run/makeRunReport';
import { formatTime } from '../format';
import { icon } from '../icon';
import type { RunContext } from './context';
import { differenceRows } from './difference';
import { attemptOf, budgetText, bytesOr, medianOf, msOr } from './numbers';
import { strings } from './strings';

export function recentRuns(context: RunContext, shown: RunReport): TemplateResult | typeof nothing {
  const { state, form } = context;
  const { runs } = state;
  const compared = form.compared.flatMap((id) => runs.find((run) => run.id === id) ?? []);
  const columns = strings.recentColumns;
  return html`
    <section class="recent" aria-labelledby="run-recent-heading">
      <h2 id="run-recent-heading">${strings.recent}</h2>
      <div class="scrolls" tabindex="0" role="region" aria-labelledby="run-recent-heading">
        <table class="numbers-table recent-table" aria-labelledby="run-recent-heading">
          <thead>
            <tr>
              <th scope="col">${columns.when}</th>
              <th scope="col">${columns.kind}</th>
              <th scope="col">${columns.budget}</th>
              <th scope="col">${columns.median}</th>
              <th scope="col">${columns.memory}</th>
              ${runs.length > 1 ? html`<th scope="col">${columns.compare}</th>` : nothing}
            </tr>
          </thead>
          <tbody>
            ${runs.map((run) => recentRow(context, run, run === shown, runs.length > 1))}
          </tbody>
        </table>
      </div>
      ${
        runs.length < 2
          ? nothing
          : compared.length === 2
            ? difference(compared[0]!, compared[1]!, state.now)
            : html`<p class="quiet-text">
                ${compared.length === 1 ? strings.pickAnother : strings.pickTwo}
              </p>`
      }
    </section>
  `;
}

function recentRow(
  { state, form, set }: RunContext,
  run: RunReport,
  isShown: boolean,
  comparable: boolean,
): TemplateResult {
  const when = formatTime(run.startedAt, state.now);
  const failed = failureOf(run) !== null;
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
      ${failed ? html`${icon('error', 'tone-error')} ` : nothing}${strings.kind[run.kind]}${
        failed ? html` <span class="quiet-text">${strings.failed}</span>` : nothing
      }
    </td>
    <td>${budgetText(run)}</td>
    <td>${msOr(medianOf(run))}</td>
    <td>${bytesOr(attemptOf(run, null)?.memory.peak)}</td>
    ${
      comparable
        ? html`<td>
            <input
              type="checkbox"
              aria-label=${strings.compareRunOf(when)}
              .checked=${form.compared.includes(run.id)}
              @change=${(event: Event) => {
                const others = form.compared.filter((id) => id !== run.id);
                const isOn = (event.target as HTMLInputElement).checked;
                // A third takes the place of the one picked before the last.
                set({ compared: isOn ? [...others, run.id].slice(-2) : others });
              }}
            />
          </td>`
        : nothing
    }
  </tr>`;
}

/** The older one first: the difference is what changed since. */
function difference(one: RunReport, other: RunReport, now: number): TemplateResult {
  const [a, b] = one.startedAt <= other.startedAt ? [one, other] : [other, one];
  return html`
    <h3 id="run-difference-heading">${strings.difference}</h3>
    <div class="scrolls" tabindex="0" role="region" aria-labelledby="run-difference-heading">
      <table class="numbers-table difference-table" aria-labelledby="run-difference-heading">
        <thead>
          <tr>
            <th scope="col">${strings.differenceColumns.number}</th>
            <th scope="col">${formatTime(a.startedAt, now)}</th>
            <th scope="col">${formatTime(b.startedAt, now)}</th>
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
  `;
}
