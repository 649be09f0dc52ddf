/** The plots of a run, each with its table: latency over memory, the distribution, the run over time, GPU memory. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { formatBytes, formatCount } from '../../../core/text/formats';
import { budgetCode, measuredBudget } from '../../../core/run/budgetCode';
import { formatMilliseconds } from '../../../core/run/runFormats';
import type { AttemptReport, RunMemory, RunReport, SweepReport } from '../../../core/run/runReport';
import { disclosure } from '../disclosure';
import { icon } from '../../shared/icon';
import type { RunContext } from './context';
import { bytesOr, msOr, throughputOr } from './numbers';
import type { PlotSpec, SweepPlotPoint } from './runPlot';
import { strings } from './strings';

/** Rows of the table beside the run over time: more would not be read. */
const timelineRows = 12;

// ---- a sweep ------------------------------------------------------------------------------------------------------

export function sweepSection(
  context: RunContext,
  report: RunReport,
  sweep: SweepReport,
  shown: number | null,
): TemplateResult {
  const { set } = context;
  const pick = (attempt: number) => set({ attempt: { run: report.id, index: attempt } });
  const points = sweepPoints(sweep);
  const spec: PlotSpec = {
    kind: 'sweep',
    points,
    knee: points.findIndex(({ index }) => badgeOf(sweep, index) !== ''),
    kneeLabel: sweep.goal ? strings.answer : strings.knee,
    shown: points.findIndex(({ index }) => sweep.points[index]?.attempt === shown),
  };
  return html`
    <section aria-labelledby="run-sweep-heading">
      <h2 id="run-sweep-heading">${strings.sweepPlot(sweep.points.length)}</h2>
      ${
        sweep.goal === null
          ? nothing
          : html`<p class="goal-sentence with-icon">
              ${
                sweep.goal.budget === null
                  ? icon('warning', 'tone-warning')
                  : icon('pass', 'tone-ok')
              }<span>${sweep.goal.sentence}</span>
            </p>`
      }
      ${budgetActions(context, report)}
      ${
        points.length < 2
          ? nothing
          : html`<run-plot
              role="img"
              aria-label=${strings.sweepPlotName(points.map(({ label }) => label).join('; '))}
              .spec=${spec}
              @pick=${(event: CustomEvent<number>) => {
                const point = sweep.points[event.detail];
                if (point) pick(point.attempt);
              }}
            ></run-plot>`
      }
      ${sweep.goal ? nothing : html`<p class="sweep-sentence">${sweep.sentence}</p>`}
      <div class="scrolls" tabindex="0" role="group" aria-labelledby="run-sweep-heading">
        <table class="numbers-table">
          <thead>
            <tr>
              ${Object.values(strings.sweepColumns).map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${sweep.points.map((point, i) => sweepRow(report, point, badgeOf(sweep, i), shown, pick))}
          </tbody>
        </table>
      </div>
    </section>
  `;
}

function badgeOf({ goal, knee, points }: SweepReport, index: number): string {
  if (goal) return points[index]?.budget === goal.budget ? strings.answer : '';
  return index === knee ? strings.knee : '';
}

/** For the answer, or the best trade-off; nothing where none stands out. */
function budgetActions(
  { actions, set }: RunContext,
  report: RunReport,
): TemplateResult | typeof nothing {
  const measured = measuredBudget(report);
  if (!measured) return nothing;
  const { budget } = measured;
  const action = (name: string, glyph: string, label: string, act: () => void) =>
    html`<button class="quiet" type="button" data-action=${name} @click=${act}>
      ${icon(glyph)}${label}
    </button>`;
  const copy = (text: string) => actions.send({ type: 'copyText', text });
  return html`<div class="run-actions" role="group" aria-label=${strings.budgetActions}>
    ${action('useBudget', 'settings', strings.useBudget, () => set({ budget, budgetText: null }))}
    ${action('copyCpp', 'copy', strings.copyAsCpp, () => copy(budgetCode('cpp', measured)))}
    ${action('copyPython', 'copy', strings.copyAsPython, () => copy(budgetCode('python', measured)))}
    ${action('copyBytes', 'copy', strings.copyBytes, () => copy(String(budget)))}
  </div>`;
}

function sweepRow(
  report: RunReport,
  point: SweepReport['points'][number],
  badge: string,
  shown: number | null,
  pick: (attempt: number) => void,
): TemplateResult {
  const attempt = report.attempts[point.attempt];
  const isShown = point.attempt === shown;
  return html`<tr class=${isShown ? 'selected' : ''}>
    <th scope="row">
      <button
        class="link"
        type="button"
        aria-pressed=${isShown ? 'true' : 'false'}
        aria-label=${strings.showPoint(formatBytes(point.budget))}
        data-attempt=${point.attempt}
        @click=${() => pick(point.attempt)}
      >
        ${formatBytes(point.budget)}
      </button>
      ${badge === '' ? nothing : html`<span class="badge">${badge}</span>`}
    </th>
    <td>${bytesOr(point.memory)}</td>
    ${
      attempt?.failure
        ? html`<td colspan="3" class="failed-cell">
            ${icon('error', 'tone-error')} ${strings.failed}: <bdi>${attempt.failure.sentence}</bdi>
          </td>`
        : html`<td>${msOr(point.median)}</td>
            <td>${msOr(attempt?.latency?.p95)}</td>
            <td>${throughputOr(attempt?.throughput)}</td>`
    }
    <td>${bytesOr(attempt?.scratch)}</td>
  </tr>`;
}

/** By memory, where every point that was measured has it, else by budget. */
function sweepPoints(sweep: SweepReport): SweepPlotPoint[] {
  const measured = sweep.points.flatMap((point, index) =>
    point.median === null ? [] : [{ ...point, median: point.median, index }],
  );
  const hasMemory = measured.every(({ memory }) => memory !== null);
  return measured
    .map(({ budget, memory, median, index }) => ({
      memory: hasMemory && memory !== null ? memory : budget,
      ms: median,
      label: strings.sweepPoint(formatBytes(budget), formatMilliseconds(median), bytesOr(memory)),
      index,
    }))
    .sort((a, b) => a.memory - b.memory || a.index - b.index);
}

// ---- one attempt --------------------------------------------------------------------------------------------------

export function distributionSection(
  { state, actions }: RunContext,
  attempt: AttemptReport,
): TemplateResult | typeof nothing {
  const { histogram, latency } = attempt;
  if (!histogram || !latency || latency.count < 2) return nothing;
  const { from, width, counts, above } = histogram;
  const spec: PlotSpec = {
    kind: 'histogram',
    histogram,
    marks: [
      { at: latency.median, label: strings.median },
      { at: latency.p95, label: strings.p95 },
    ],
  };
  const end = from + counts.length * width;
  return html`
    <section aria-labelledby="run-histogram-heading">
      <h2 id="run-histogram-heading">${strings.distribution}</h2>
      <run-plot
        role="img"
        aria-label=${strings.histogramName(
          formatMilliseconds(latency.median),
          formatMilliseconds(latency.min),
          formatMilliseconds(latency.max),
        )}
        .spec=${spec}
      ></run-plot>
      ${
        above > 0
          ? html`<p class="quiet-text">${strings.above(above, formatMilliseconds(end))}</p>`
          : nothing
      }
      ${disclosure(
        state,
        actions,
        'run-histogram-table',
        strings.asTable,
        state.open.has('run-histogram-table')
          ? table(
              'run-histogram-heading',
              Object.values(strings.binColumns),
              counts.map((count, i) => [
                formatMilliseconds(from + i * width),
                formatMilliseconds(from + (i + 1) * width),
                formatCount(count),
              ]),
            )
          : html``,
      )}
    </section>
  `;
}

export function timelineSection(
  { state, actions }: RunContext,
  attempt: AttemptReport,
): TemplateResult | typeof nothing {
  const { timeline, latency } = attempt;
  if (!timeline || !latency || timeline.at.length < 2) return nothing;
  const last = timeline.at.at(-1) ?? 0;
  return html`
    <section aria-labelledby="run-timeline-heading">
      <h2 id="run-timeline-heading">${strings.overTime}</h2>
      <run-plot
        role="img"
        aria-label=${strings.timelineName(
          formatMilliseconds(last * 1000),
          formatMilliseconds(latency.min),
          formatMilliseconds(latency.max),
        )}
        .spec=${{ kind: 'timeline', ...timeline } satisfies PlotSpec}
      ></run-plot>
      ${disclosure(
        state,
        actions,
        'run-timeline-table',
        strings.asTable,
        state.open.has('run-timeline-table')
          ? table(
              'run-timeline-heading',
              Object.values(strings.timelineColumns),
              timelineTable(timeline),
            )
          : html``,
      )}
    </section>
  `;
}

function timelineTable({ at, latency }: { at: number[]; latency: number[] }): string[][] {
  const length = Math.ceil(at.length / timelineRows);
  return Array.from({ length: Math.ceil(at.length / length) }, (_, row) => {
    const values = latency.slice(row * length, (row + 1) * length);
    return [
      formatMilliseconds((at[row * length] ?? 0) * 1000),
      formatMilliseconds(Math.min(...values)),
      formatMilliseconds(Math.max(...values)),
    ];
  });
}

function table(labelledBy: string, columns: string[], rows: string[][]): TemplateResult {
  return html`<table class="numbers-table" aria-labelledby=${labelledBy}>
    <thead>
      <tr>
        ${columns.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([first, ...rest]) =>
          html`<tr>
            <th scope="row">${first}</th>
            ${rest.map((value) => html`<td>${value}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

// ---- memory -------------------------------------------------------------------------------------------------------

const stages = ['before', 'loaded', 'ready', 'peak', 'after'] as const;
const drawnStages = ['before', 'loaded', 'ready', 'peak'] as const;

/** What each stage added, over the whole GPU; the table says the same in numbers. */
export function memorySection(attempt: AttemptReport): TemplateResult | typeof nothing {
  const { memory } = attempt;
  if (stages.every((stage) => memory[stage] === null)) return nothing;
  return html`
    <section aria-labelledby="run-memory-heading">
      <h2 id="run-memory-heading">
        ${strings.memory}
        ${
          memory.total === null
            ? nothing
            : html`<span class="quiet-text">${strings.memoryOf(formatBytes(memory.total))}</span>`
        }
      </h2>
      ${memoryBar(memory)}
      <table class="numbers-table memory-table" aria-label=${strings.memoryName}>
        <thead>
          <tr>
            <th scope="col">${strings.memoryColumns.stage}</th>
            <th scope="col">${strings.memoryColumns.used}</th>
            <th scope="col">${strings.memoryColumns.change}</th>
          </tr>
        </thead>
        <tbody>
          ${stages.map((stage, i) => {
            const used = memory[stage];
            const earlier = i === 0 ? null : memory[stages[i - 1]!];
            return html`<tr>
              <th scope="row">
                <span class="memory-key memory-${stage}" aria-hidden="true"></span
                >${strings.memoryStages[stage]}
              </th>
              <td>${bytesOr(used)}</td>
              <td>${used === null || earlier === null ? '' : change(used - earlier)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </section>
  `;
}

function change(bytes: number): string {
  if (bytes === 0) return strings.same;
  return `${bytes > 0 ? '+' : '−'}${formatBytes(Math.abs(bytes))}`;
}

function memoryBar(memory: RunMemory): TemplateResult {
  const most = Math.max(...stages.map((stage) => memory[stage] ?? 0));
  const total = memory.total ?? most;
  const percent = (bytes: number) => `${((bytes / Math.max(total, 1)) * 100).toFixed(2)}%`;
  let drawn = 0;
  return html`<svg class="memory-bar" aria-hidden="true">
    <rect class="memory-all" width="100%" height="100%"></rect>
    ${drawnStages.map((stage) => {
      const used = memory[stage] ?? drawn;
      const from = drawn;
      drawn = Math.max(drawn, used);
      return drawn > from
        ? svg`<rect class="memory-${stage}" x=${percent(from)} width=${percent(drawn - from)} height="100%" />`
        : nothing;
    })}
  </svg>`;
}
