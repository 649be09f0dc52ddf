/** The whole GPU page as a function of its state. */
import { html, nothing, type TemplateResult } from 'lit';
import type { FitState } from '../../core/gpu/fit';
import { formatBytes } from '../../core/text/formats';
import { type HistoryRow, historyRows } from '../../core/gpu/gpuMemoryHistory';
import type {
  FitView,
  GpuView,
  GpuViewModel,
  LabelledValue,
  ViewProblem,
} from '../../core/pages/gpuMemoryView';
import type { PlotData } from './historyPlot';
import type { GpuPageActions, GpuPageState } from './state';
import { quietButton } from '../shared/quietButton';
import { strings } from './strings';

export function gpuPage(state: GpuPageState, actions: GpuPageActions): TemplateResult {
  const { model } = state;
  if (!model) return html`<p class="waiting" role="status">${strings.waiting}</p>`;
  return html`
    ${titleSection(model, actions)}
    ${model.problem ? problemBlock(model.problem, actions) : nothing}
    ${model.fit ? fitSection(model.fit) : nothing}
    ${model.gpus.map((gpu) => gpuSection(gpu, model, state, actions))}
    ${
      model.facts.length === 0
        ? nothing
        : html`<section aria-labelledby="driver-heading">
            <h2 id="driver-heading">${strings.driver}</h2>
            ${factsTable(model.facts, strings.driver)}
          </section>`
    }
  `;
}

function titleSection(model: GpuViewModel, actions: GpuPageActions): TemplateResult {
  return html`
    <header class="title">
      <div class="title-text">
        <h1><bdi>${model.headline}</bdi></h1>
        ${model.notes.map((note) => html`<p class="gpu-note"><bdi>${note}</bdi></p>`)}
      </div>
      <div class="actions">
        ${quietButton('chooseGpu', 'chip', strings.chooseGpu, () => actions.send({ type: 'chooseGpu' }))}
        ${quietButton('refresh', 'refresh', strings.refresh, () => actions.send({ type: 'refresh' }))}
        ${quietButton('openSettings', 'settings-gear', strings.settings, () => actions.send({ type: 'openSettings' }))}
      </div>
    </header>
  `;
}

function problemBlock(problem: ViewProblem, actions?: GpuPageActions): TemplateResult {
  const [icon, tone] = problem.quiet
    ? ['info', 'tone-quiet']
    : (['warning', 'tone-warning'] as const);
  return html`
    <div class="gpu-problem">
      <span class="codicon codicon-${icon} ${tone}" aria-hidden="true"></span>
      <div>
        <p>${problem.sentence}</p>
        ${problem.nextStep === '' ? nothing : html`<p class="quiet-text">${problem.nextStep}</p>`}
        ${
          problem.detail === ''
            ? nothing
            : html`<p class="quiet-text gpu-detail"><bdi>${problem.detail}</bdi></p>`
        }
        ${
          actions && !problem.quiet
            ? html`<p>
                <button class="link" @click=${() => actions.send({ type: 'showLog' })}>
                  ${strings.showLog}
                </button>
              </p>`
            : nothing
        }
      </div>
    </div>
  `;
}

const fitIcons: Record<FitState, [string, string]> = {
  fits: ['pass', 'tone-ok'],
  'fits-with-streaming': ['info', 'tone-information'],
  'does-not-fit-now': ['warning', 'tone-warning'],
  'does-not-fit': ['error', 'tone-error'],
  unknown: ['question', 'tone-quiet'],
};
const fitSeverity: Record<FitState, string> = {
  fits: 'ok',
  'fits-with-streaming': 'information',
  'does-not-fit-now': 'warning',
  'does-not-fit': 'error',
  unknown: 'none',
};

function fitSection(fit: FitView): TemplateResult {
  const [icon, tone] = fitIcons[fit.state];
  return html`
    <section class="verdict severity-${fitSeverity[fit.state]}" aria-labelledby="fit-heading">
      <span class="verdict-icon"
        ><span class="codicon codicon-${icon} ${tone}" aria-hidden="true"></span
      ></span>
      <div>
        <h2 id="fit-heading">${strings.fit}: <bdi>${fit.file}</bdi></h2>
        <p class="summary" data-fit=${fit.state}><bdi>${fit.sentence}</bdi></p>
        ${factsTable(fit.rows, strings.fit)}
      </div>
    </section>
  `;
}

function gpuSection(
  gpu: GpuView,
  model: GpuViewModel,
  state: GpuPageState,
  actions: GpuPageActions,
): TemplateResult {
  const heading = `gpu-${gpu.id}`;
  return html`
    <section class="gpu" aria-labelledby=${heading} data-gpu=${gpu.id}>
      <div class="gpu-head">
        <h2 id=${heading}>
          <bdi>${gpu.name}</bdi> <span class="quiet-text">${gpu.position}</span>
          ${gpu.chosen ? html`<span class="gpu-chosen">${strings.used}</span>` : nothing}
        </h2>
        ${
          gpu.chosen || gpu.whyNot !== ''
            ? nothing
            : html`<button
                class="quiet"
                aria-label=${strings.useThisOf(gpu.position)}
                @click=${() => actions.send({ type: 'useGpu', id: gpu.id })}
              >
                ${strings.useThis}
              </button>`
        }
      </div>
      ${gpu.whyNot === '' ? nothing : html`<p class="gpu-note">${gpu.whyNot}</p>`}
      ${gpu.problem ? problemBlock(gpu.problem) : nothing}
      ${gpu.total === null && gpu.used === null ? nothing : numbersLine(gpu)} ${usageBar(gpu)}
      ${historyBlock(gpu, model, state, actions)} ${processesBlock(gpu)}
      ${
        gpu.facts.length === 0
          ? nothing
          : disclosure(state, actions, `facts ${gpu.id}`, strings.facts, () =>
              factsTable(gpu.facts, `${strings.facts}, ${gpu.position}`),
            )
      }
    </section>
  `;
}

function numbersLine(gpu: GpuView): TemplateResult {
  return html`<p class="gpu-numbers">
    ${
      gpu.warns
        ? html`<span class="codicon codicon-warning tone-warning" aria-hidden="true"></span
            ><strong>${strings.warns}</strong>`
        : nothing
    }
    <span><strong>${gpu.usage}</strong> ${strings.inUse}</span>
    <span>${gpu.free} ${strings.free}</span>
    <span>${gpu.utilization} ${strings.busy}</span>
  </p>`;
}

function usageBar({ percent, warns, usage }: GpuView): TemplateResult | typeof nothing {
  if (percent === null) return nothing;
  // Hidden from screen readers: the line above says it. An SVG, because the page's policy allows no inline styles.
  return html`<svg
    class="gpu-bar ${warns ? 'warns' : ''}"
    aria-hidden="true"
    preserveAspectRatio="none"
    viewBox="0 0 100 1"
  >
    <title>${usage}</title>
    <rect class="gpu-bar-all" width="100" height="1"></rect>
    <rect class="gpu-bar-used" width=${percent} height="1"></rect>
  </svg>`;
}

function historyBlock(
  gpu: GpuView,
  model: GpuViewModel,
  state: GpuPageState,
  actions: GpuPageActions,
): TemplateResult | typeof nothing {
  if (gpu.used === null && gpu.utilizationPercent === null) return nothing;
  const samples = state.history.of(gpu.id);
  if (samples.length < 2) return html`<p class="gpu-note">${strings.historyEmpty}</p>`;
  const rows = historyRows(samples);
  const used = samples.flatMap((sample) => sample.used ?? []);
  const label = strings.historyOf(
    gpu.position,
    bytesOr(gpu.used),
    bytesOr(used.length === 0 ? null : Math.min(...used)),
    bytesOr(used.length === 0 ? null : Math.max(...used)),
  );
  const data: PlotData = { samples, total: gpu.total, now: model.at };
  return html`
    <div class="gpu-history">
      <p class="gpu-legend" aria-hidden="true">
        ${strings.history}:
        <span class="legend-used">${strings.legendUsed}</span>
        <span class="legend-busy">${strings.legendBusy}</span>
      </p>
      <history-plot role="img" aria-label=${label} .data=${data}></history-plot>
      ${disclosure(state, actions, `table ${gpu.id}`, strings.asTable, () => historyTable(rows))}
    </div>
  `;
}

function historyTable(rows: readonly HistoryRow[]): TemplateResult {
  return html`
    <table class="gpu-table">
      <thead>
        <tr>
          <th scope="col">${strings.minute}</th>
          <th scope="col">${strings.least}</th>
          <th scope="col">${strings.most}</th>
          <th scope="col">${strings.last}</th>
          <th scope="col">${strings.busy}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${clock(row.from)}</th>
              <td>${bytesOr(row.min)}</td>
              <td>${bytesOr(row.max)}</td>
              <td>${bytesOr(row.last)}</td>
              <td>${row.utilization === null ? strings.unknown : `${row.utilization} %`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  `;
}

function processesBlock(gpu: GpuView): TemplateResult | typeof nothing {
  if (gpu.processesNote === '' && gpu.processes.length === 0) return nothing;
  if (gpu.processesNote !== '')
    return html`<p class="gpu-note"><bdi>${gpu.processesNote}</bdi></p>`;
  return html`
    <table class="gpu-table gpu-processes" aria-label="${strings.processes}, ${gpu.position}">
      <thead>
        <tr>
          <th scope="col">${strings.program}</th>
          <th scope="col">${strings.pid}</th>
          <th scope="col">${strings.memory}</th>
          <th scope="col">${strings.kind}</th>
        </tr>
      </thead>
      <tbody>
        ${gpu.processes.map(
          (process) =>
            html`<tr>
              <td class="gpu-program"><bdi title=${process.name}>${process.name}</bdi></td>
              <td>${process.pid}</td>
              <td>${process.memory}</td>
              <td>${process.kind}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  `;
}

function factsTable(rows: readonly LabelledValue[], label: string): TemplateResult {
  return html`
    <table class="facts-table" aria-label=${label}>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.label}</th>
              <td><bdi>${row.value}</bdi></td>
            </tr>`,
        )}
      </tbody>
    </table>
  `;
}

function disclosure(
  state: GpuPageState,
  actions: GpuPageActions,
  id: string,
  summary: string,
  content: () => TemplateResult,
): TemplateResult {
  const isOpen = state.open.has(id);
  return html`<details
    ?open=${isOpen}
    @toggle=${(event: Event) => actions.setOpen(id, (event.target as HTMLDetailsElement).open)}
  >
    <summary>${summary}</summary>
    ${isOpen ? content() : nothing}
  </details>`;
}

function bytesOr(bytes: number | null): string {
  return bytes === null ? strings.unknown : formatBytes(bytes);
}

/** "14:03" */
function clock(at: number): string {
  const date = new Date(at);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
