/** One run's report: the answer in four numbers, then everything that it was made of. */
import { html, nothing, type TemplateResult } from 'lit';
import { plainText } from '../../../core/text/plainText';
import { failureOf } from '../../../core/run/makeRunReport';
import { unquotedLines } from '../../../core/run/runFailures';
import { formatValue } from '../../../core/run/runFormats';
import type { AttemptReport, RunFailure, RunReport, Statistics } from '../../../core/run/runReport';
import { disclosure } from '../disclosure';
import { formatTime } from '../format';
import { icon, severityIcon } from '../../shared/icon';
import type { RunContext } from './context';
import { withChoices } from './form';
import { layerTimes } from './layerTimes';
import { bytesOr, msOr, shapeText, shownAttempt, throughputOr } from './numbers';
import { outputsSection } from './outputsSection';
import { distributionSection, memorySection, sweepSection, timelineSection } from './plotsSection';
import { shownRun, sideBySide } from './recentRuns';
import { strings } from './strings';

export function results(context: RunContext): TemplateResult {
  const { state, form } = context;
  const report = shownRun(context);
  if (!report) {
    return html`<div class="run-empty">
      <p class="run-empty-head">${strings.nothingRun}</p>
      <p class="quiet-text">${strings.nothingRunAbout}</p>
    </div>`;
  }
  const index = shownAttempt(report, form.attempt);
  const attempt = index === null ? null : (report.attempts[index] ?? null);
  const failure = failureOf(report) ?? attempt?.failure ?? null;
  return html`
    ${sideBySide(context)}
    ${
      state.run.state === 'running'
        ? html`<p class="quiet-text last-result">${strings.lastResult}</p>`
        : nothing
    }
    ${headline(context, report, attempt, failure)} ${notes(report)}
    ${report.sweep ? sweepSection(context, report, report.sweep, index) : nothing}
    ${attempt && attempt.failure === null ? attemptSections(context, report, attempt) : nothing}
    ${outputsSection(context, report, report.attempts[0]?.outputs ?? [], 'run')}
    ${referenceSection(context, report)}
    ${attempt?.layers ? layerTimes(context, attempt.layers) : nothing}
    ${
      report.kind === 'reference'
        ? nothing
        : html`<p class="run-cache quiet-text"><bdi>${report.cache.sentence}</bdi></p>`
    }
    ${inputsUsed(context, report)} ${failure === null ? libraryLines(context, report) : nothing}
  `;
}

// ---- the answer ---------------------------------------------------------------------------------------------------

function headline(
  context: RunContext,
  report: RunReport,
  attempt: AttemptReport | null,
  failure: RunFailure | null,
): TemplateResult {
  const { state } = context;
  const time = formatTime(report.startedAt, state.now);
  return html`
    <section class="run-head" aria-labelledby="run-headline">
      <h2 class="visually-hidden" id="run-headline"><bdi>${report.headline}</bdi></h2>
      ${
        report.kind === 'reference'
          ? html`<p class="with-icon not-the-engine">
              ${icon('info', 'tone-information')}<span>${strings.notTheEngine}</span>
            </p>`
          : nothing
      }
      ${failure ? failureBlock(context, failure, report.libraryLines) : bigNumbers(report, attempt)}
      <p class="ran-on">
        <bdi
          >${
            report.kind === 'reference'
              ? strings.referenceRan(report.reference?.label ?? strings.notTheEngine, time)
              : strings.ranOn(
                  report.gpu?.name ?? strings.someGpu,
                  report.runtime?.version ?? strings.unknown,
                  time,
                )
          }</bdi
        >
      </p>
      ${runActions(context, report, time)}
    </section>
  `;
}

function bigNumbers(report: RunReport, attempt: AttemptReport | null): TemplateResult {
  const numbers: [string, string][] =
    report.kind === 'reference'
      ? [[msOr(report.reference?.ms), strings.onceOnCpu]]
      : [
          [msOr(attempt?.latency?.median), strings.median],
          [msOr(attempt?.latency?.p95), strings.p95],
          [throughputOr(attempt?.throughput), strings.throughput],
          [bytesOr(attempt?.memory.peak), strings.peakMemory],
        ];
  const point = report.sweep?.points.findIndex(({ attempt: i }) => report.attempts[i] === attempt);
  return html`${
      report.sweep && attempt
        ? html`<p class="at-budget">
            ${strings.atBudget(
              bytesOr(attempt.budget),
              report.sweep.goal
                ? attempt.budget === report.sweep.goal.budget
                  ? strings.answer
                  : ''
                : point === report.sweep.knee
                  ? strings.theKnee
                  : '',
            )}
          </p>`
        : nothing
    }
    <dl class="big-numbers">
      ${numbers.map(
        ([value, name]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`;
}

function runActions(
  { actions, form, state }: RunContext,
  report: RunReport,
  when: string,
): TemplateResult {
  const action = (name: string, glyph: string, label: string, act: () => void, title = '') =>
    html`<button
      class="quiet"
      type="button"
      data-action=${name}
      title=${title || label}
      @click=${act}
    >
      ${icon(glyph)}${label}
    </button>`;
  return html`<div class="run-actions" role="group" aria-label=${strings.kind[report.kind]}>
    ${action(
      'useChoices',
      'settings',
      strings.useChoices,
      () => {
        for (const { name } of report.choices.inputs) actions.forgetPickedInput(name);
        actions.setRunForm(withChoices(form, report.choices));
      },
      strings.useChoicesTitle,
    )}
    ${action('exportRun', 'export', strings.exportJson, () =>
      actions.send({ type: 'exportRun', run: report.id }),
    )}
    ${
      state.runs.length === 0
        ? nothing
        : action(
            'forgetRun',
            'trash',
            strings.forget,
            () => actions.send({ type: 'forgetRun', run: report.id }),
            strings.forgetName(when),
          )
    }
  </div>`;
}

/** said: all that the library wrote in this run, which then stands here alone. */
function failureBlock(
  { state, actions }: RunContext,
  failure: RunFailure,
  said: RunReport['libraryLines'] = [],
): TemplateResult {
  const all = new Set([...failure.lines, ...said.map(({ text }) => text)]);
  const lines = unquotedLines({ ...failure, lines: [...all] });
  const number = strings.cudaError(failure.cuda);
  return html`
    <div class="run-failure" role="group" aria-labelledby="run-failure-sentence">
      ${icon('error', 'tone-error')}
      <div>
        <p class="failure-sentence" id="run-failure-sentence">
          <span class="visually-hidden">${strings.severity.error}</span>
          <bdi>${failure.sentence}</bdi>
        </p>
        ${failure.nextStep === '' ? nothing : html`<p><bdi>${failure.nextStep}</bdi></p>`}
        <p class="evidence">
          <span>${strings.stage(failure.stage)}</span>
          ${
            failure.cuda === 0 || failure.sentence.includes(number)
              ? nothing
              : html`<span>${number}</span>`
          }
          <button class="link" type="button" @click=${() => actions.send({ type: 'showLog' })}>
            ${strings.showLog}
          </button>
        </p>
        ${
          lines.length === 0
            ? nothing
            : disclosure(
                state,
                actions,
                'run-failure-lines',
                strings.libraryLines(lines.length),
                html`<ul class="own-lines">
                  ${lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}
                </ul>`,
              )
        }
      </div>
    </div>
  `;
}

function notes(report: RunReport): TemplateResult | typeof nothing {
  if (report.notes.length === 0) return nothing;
  return html`<ul class="run-notes">
    ${report.notes.map(
      ({ severity, sentence }) =>
        html`<li class="with-icon">
          ${severityIcon(severity)}
          <span
            ><span class="visually-hidden">${strings.severity[severity]}</span>
            <bdi>${sentence}</bdi></span
          >
        </li>`,
    )}
  </ul>`;
}

// ---- one attempt --------------------------------------------------------------------------------------------------

function attemptSections(
  context: RunContext,
  report: RunReport,
  attempt: AttemptReport,
): TemplateResult {
  return html`
    ${distributionSection(context, attempt)} ${timelineSection(context, attempt)}
    ${statisticsSection(report, attempt)} ${memorySection(attempt)}
  `;
}

const statisticKeys = [
  'median',
  'mean',
  'p90',
  'p95',
  'p99',
  'min',
  'max',
  'standardDeviation',
] as const;

function statisticsSection(
  report: RunReport,
  attempt: AttemptReport,
): TemplateResult | typeof nothing {
  const kinds: [string, Statistics][] = [
    [strings.latency, attempt.latency],
    [strings.gpuTime, attempt.gpuTime],
    [strings.enqueueTime, attempt.enqueueTime],
  ].filter((entry): entry is [string, Statistics] => entry[1] !== null);
  const facts: [string, string][] = [
    [strings.firstRun, msOr(attempt.firstRunMs)],
    [strings.load, msOr(report.loadMs)],
    [strings.context, msOr(attempt.contextMs)],
    [strings.budgetTaken, report.streamable === 0 ? strings.everything : bytesOr(attempt.budget)],
    [strings.scratchName, bytesOr(attempt.scratch)],
    [strings.deviceMemory, bytesOr(attempt.deviceMemory)],
    [
      strings.graphName,
      attempt.cudaGraph === null
        ? strings.nothing
        : attempt.cudaGraph
          ? strings.graphUsed
          : strings.graphNotUsed,
    ],
  ];
  return html`
    <section aria-labelledby="run-statistics-heading">
      <h2 id="run-statistics-heading">
        ${strings.statistics}
        ${
          attempt.latency
            ? html`<span class="quiet-text">${strings.iterations(attempt.latency.count)}</span>`
            : nothing
        }
      </h2>
      <div class="statistics">
        ${
          kinds.length === 0
            ? nothing
            : html`<table
                class="numbers-table statistics-table"
                aria-labelledby="run-statistics-heading"
              >
                <thead>
                  <tr>
                    <td></td>
                    ${kinds.map(([name]) => html`<th scope="col">${name}</th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${statisticKeys.map(
                    (key) =>
                      html`<tr>
                        <th scope="row">${strings.statistic[key]}</th>
                        ${kinds.map(([, statistics]) => html`<td>${msOr(statistics[key])}</td>`)}
                      </tr>`,
                  )}
                </tbody>
              </table>`
        }
        <dl class="run-facts">
          ${facts
            .filter(([, value]) => value !== strings.nothing)
            .map(
              ([name, value]) =>
                html`<div>
                  <dt>${name}</dt>
                  <dd>${value}</dd>
                </div>`,
            )}
        </dl>
      </div>
    </section>
  `;
}

// ---- beside it ----------------------------------------------------------------------------------------------------

function referenceSection(context: RunContext, report: RunReport): TemplateResult | typeof nothing {
  const { reference } = report;
  if (!reference) return nothing;
  if (report.kind === 'reference') {
    return outputsSection(context, report, reference.outputs, 'reference');
  }
  return html`
    <p class="reference-line quiet-text">
      <bdi
        >${strings.comparedWith(
          reference.label,
          plainText(reference.model, 300),
          reference.ms === null ? null : msOr(reference.ms),
        )}</bdi
      >
    </p>
    ${reference.failure ? failureBlock(context, reference.failure) : nothing}
  `;
}

function inputsUsed(
  { state, actions }: RunContext,
  report: RunReport,
): TemplateResult | typeof nothing {
  if (report.inputs.length === 0) return nothing;
  const columns = strings.inputColumns;
  return html`<div class="run-inputs-used">
    ${disclosure(
      state,
      actions,
      'run-inputs-used',
      strings.inputsUsed,
      html`<table class="numbers-table inputs-table" aria-label=${strings.inputsUsed}>
        <thead>
          <tr>
            <th scope="col">${columns.input}</th>
            <th scope="col">${columns.shape}</th>
            <th scope="col">${columns.source}</th>
            <th scope="col">${columns.range}</th>
          </tr>
        </thead>
        <tbody>
          ${report.inputs.map(
            (input) =>
              html`<tr>
                <th scope="row"><bdi>${plainText(input.name, 300)}</bdi></th>
                <td>${shapeText(input.shape)} ${input.type}</td>
                <td><bdi>${plainText(input.source, 300)}</bdi></td>
                <td>
                  ${
                    input.min === null || input.max === null
                      ? strings.nothing
                      : strings.sizesOf(formatValue(input.min), formatValue(input.max))
                  }
                </td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
  </div>`;
}

function libraryLines(
  { state, actions }: RunContext,
  report: RunReport,
): TemplateResult | typeof nothing {
  const lines = report.libraryLines;
  if (lines.length === 0) return nothing;
  return html`<div class="run-lines">
    ${disclosure(
      state,
      actions,
      'run-lines',
      strings.libraryLines(lines.length),
      html`<ul class="own-lines">
        ${lines.map(({ text }) => html`<li><bdi>${text}</bdi></li>`)}
      </ul>`,
    )}
  </div>`;
}
