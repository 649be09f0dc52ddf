/** The Tensors tab: what goes in and out, and what memory the engine takes. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatBytes, formatCount, formatExactBytes } from '../../../core/text/formats';
import type {
  BudgetFacts,
  Inspection,
  InspectionFacts,
  ProfileShape,
  TensorFacts,
} from '../../../core/inspect/inspection';
import { shapeText } from '../../../core/inspect/layers';
import { plainText } from '../../../core/text/plainText';
import { disclosure } from '../disclosure';
import { formatTime } from '../format';
import { icon } from '../../shared/icon';
import { quietButton } from '../../shared/quietButton';
import type { PageActions, PageState } from '../state';
import { strings as pageStrings } from '../strings';
import { gate, inspectAnnouncement } from './gate';
import { strings } from './strings';

export function tensorsTab(state: PageState, actions: PageActions): TemplateResult {
  const { inspect } = state;
  return html`
    <div class="visually-hidden" role="status">${inspectAnnouncement(state)}</div>
    ${gate(state, actions, 'tensors')}
    ${inspect.state === 'done' ? tensors(state, inspect.inspection, actions) : nothing}
  `;
}

function tensors(state: PageState, inspection: Inspection, actions: PageActions): TemplateResult {
  const { facts } = inspection;
  const profile = Math.min(state.profile, Math.max(0, facts.profileCount - 1));
  const inputs = facts.tensors.filter((tensor) => tensor.mode === 'input');
  const outputs = facts.tensors.filter((tensor) => tensor.mode === 'output');
  return html`
    <div class="inspect-head">
      <p class="inspect-facts">
        ${facts.name ? html`<bdi>${facts.name}.</bdi>` : nothing}
        <bdi
          >${strings.loadedBy(
            inspection.runtime.version,
            `${facts.gpu.name} (${facts.gpu.computeCapability})`,
            milliseconds(facts.loadMs),
          )}</bdi
        >
        <time datetime=${new Date(inspection.inspectedAt).toISOString()}
          >${strings.inspectedAt(formatTime(inspection.inspectedAt, state.now))}</time
        >
      </p>
      ${toolbar(state, actions)}
    </div>
    ${notes(inspection)} ${profileChooser(profile, facts, actions)}
    <section aria-labelledby="inputs-heading">
      <h2 id="inputs-heading">${strings.inputs}</h2>
      ${
        inputs.length === 0
          ? html`<p class="quiet-text">${strings.noInputs}</p>`
          : tensorTable(inputs, 'inputs', profile)
      }
    </section>
    <section aria-labelledby="outputs-heading">
      <h2 id="outputs-heading">${strings.outputs}</h2>
      ${
        outputs.length === 0
          ? html`<p class="quiet-text">${strings.noOutputs}</p>`
          : tensorTable(outputs, 'outputs', null)
      }
    </section>
    <div class="columns">
      <div>${memorySection(facts)}</div>
      <div>${budgetSection(facts.budgets)}</div>
    </div>
    ${
      inspection.libraryLines.length === 0
        ? nothing
        : html`<section class="log">
            ${disclosure(
              state,
              actions,
              'inspect-lines',
              strings.ownLines(inspection.libraryLines.length),
              html`<ol
                class="own-lines"
                tabindex="0"
                aria-label=${strings.ownLines(inspection.libraryLines.length)}
              >
                ${inspection.libraryLines.map(
                  ({ severity, text }) =>
                    html`<li>
                      <span class="line-severity"
                        >${pageStrings.logSeverity[severity] ?? pageStrings.logSeverityUnknown}</span
                      ><bdi>${text}</bdi>
                    </li>`,
                )}
              </ol>`,
            )}
          </section>`
    }
  `;
}

function toolbar(state: PageState, actions: PageActions): TemplateResult {
  return html`<div class="actions" role="group" aria-label=${strings.toolbar}>
    ${quietButton('inspect', 'refresh', strings.lookAgain, () => actions.send({ type: 'inspect' }), !state.trusted)}
    ${quietButton('exportInspection', 'export', strings.exportJson, () => actions.send({ type: 'exportInspection' }))}
    ${quietButton('compareEngine', 'diff', strings.compare, () => actions.send({ type: 'compareEngine' }))}
  </div>`;
}

/** Used by the Layers tab too. */
export function notes({ notes: all }: Pick<Inspection, 'notes'>): TemplateResult | typeof nothing {
  if (all.length === 0) return nothing;
  return html`<ul class="notes" aria-label=${strings.notes}>
    ${all.map(
      (note) =>
        html`<li data-note=${note.id}>
          ${icon(
            note.severity === 'warning' ? 'warning' : 'info',
            note.severity === 'warning' ? 'tone-warning' : 'tone-information',
          )}
          <span
            ><span class="visually-hidden">${strings.note[note.severity]}</span>
            <bdi>${note.sentence}</bdi></span
          >
        </li>`,
    )}
  </ul>`;
}

function profileChooser(
  profile: number,
  facts: InspectionFacts,
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (facts.profileCount < 2) return nothing;
  const count = Math.min(facts.profileCount, 1000);
  return html`<p class="profile-chooser">
    <label for="profile">${strings.profileNote}</label>
    <select
      id="profile"
      class="field-select"
      @change=${(event: Event) =>
        actions.setProfile(Number((event.target as HTMLSelectElement).value))}
    >
      ${Array.from(
        { length: count },
        (_, index) =>
          html`<option value=${index} ?selected=${index === profile}>
            ${strings.profileNumber(index)}
          </option>`,
      )}
    </select>
  </p>`;
}

/** profile null: without min, opt and max. Roles are written out: narrow editors lay the rows out as blocks. */
function tensorTable(
  tensors: readonly TensorFacts[],
  id: string,
  profile: number | null,
): TemplateResult {
  const head = [
    strings.name,
    strings.type,
    strings.shape,
    ...(profile === null ? [] : [strings.min, strings.opt, strings.max]),
    strings.format,
    strings.location,
  ];
  return html`<table class="stacking tensors" role="table" aria-labelledby="${id}-heading">
    <thead role="rowgroup">
      <tr role="row">
        ${head.map((label) => html`<th scope="col" role="columnheader">${label}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${tensors.map((tensor) => tensorRow(tensor, profile))}
    </tbody>
  </table>`;
}

function tensorRow(tensor: TensorFacts, profile: number | null): TemplateResult {
  const name = plainText(tensor.name, 1000);
  return html`<tr role="row">
    <th scope="row" role="rowheader">
      <bdi class="clamped mono" title=${name}>${name}</bdi>
      ${tensor.shapeTensor ? html`<span class="quiet-text">${strings.shapeTensor}</span>` : nothing}
      ${
        tensor.aliasOf === undefined
          ? nothing
          : html`<span class="quiet-text"
              >${strings.sharesMemory(plainText(tensor.aliasOf, 300))}</span
            >`
      }
    </th>
    <td role="cell" data-label=${strings.type}>${tensor.type}</td>
    <td role="cell" class="mono wide-cell" data-label=${strings.shape}>
      ${shapeText(tensor.shape)}
    </td>
    ${
      profile === null
        ? nothing
        : (['min', 'opt', 'max'] as const).map(
            (which) =>
              html`<td role="cell" class="mono" data-label=${strings[which]}>
                ${profileCell(tensor, profile, which)}
              </td>`,
          )
    }
    <td role="cell" class="wide-cell" data-label=${strings.format}>
      ${
        tensor.profileFormats === undefined
          ? formatCell(tensor)
          : tensor.profileFormats.map(
              (one, at) =>
                html`<div>
                  <span class="quiet-text">${strings.ofProfile(at)}</span> ${formatCell(one)}
                </div>`,
            )
      }
    </td>
    <td role="cell" data-label=${strings.location}>
      ${tensor.location === 'host' ? strings.host : strings.device}
    </td>
  </tr>`;
}

function formatCell({ format, linear }: Pick<TensorFacts, 'format' | 'linear'>): TemplateResult {
  return html`<bdi>${plainText(format, 300)}</bdi> ${
      linear ? nothing : html`<span class="tag">${strings.notLinear}</span>`
    }`;
}

function profileCell(
  tensor: TensorFacts,
  profile: number,
  which: keyof ProfileShape,
): TemplateResult | string {
  const shape = tensor.profiles[profile];
  const values = tensor.profileValues[profile];
  if (!shape && !values) return strings.unknown;
  return html`${shape ? shapeText(shape[which]) : nothing}
  ${values ? html`<span class="quiet-text">${strings.values} ${values[which].join(', ')}</span>` : nothing}`;
}

function memorySection(facts: InspectionFacts): TemplateResult {
  const rows: [string, TemplateResult | string][] = [
    [strings.activations, bytes(facts.deviceMemory)],
  ];
  if (facts.profileCount > 1) {
    facts.deviceMemoryPerProfile
      .slice(0, 64)
      .forEach((size, index) => rows.push([strings.activationsOf(index), bytes(size)]));
  }
  rows.push([strings.loadedMemory, bytes(facts.loadedMemory)]);
  rows.push([
    strings.streamable,
    facts.streamable > 0 ? bytes(facts.streamable) : strings.notStreaming,
  ]);
  if (facts.defaultBudget !== null) rows.push([strings.defaultBudget, bytes(facts.defaultBudget)]);
  if (facts.automaticBudget !== null) {
    rows.push([strings.automaticBudget, bytes(facts.automaticBudget)]);
  }
  rows.push(
    [strings.freeBefore, strings.freeOf(formatBytes(facts.gpu.free), formatBytes(facts.gpu.total))],
    [strings.auxStreams, formatCount(facts.auxStreams)],
    [
      strings.layersCount,
      facts.layerCount === null ? strings.unknown : formatCount(facts.layerCount),
    ],
    [strings.verbosity, facts.profilingVerbosity],
    [strings.refittable, facts.refittable ? strings.yes : strings.no],
  );
  return html`<section aria-labelledby="memory-heading">
    <h2 id="memory-heading">${strings.memory}</h2>
    <table class="facts-table memory-table">
      <tbody>
        ${rows.map(
          ([label, value]) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function budgetSection(budgets: readonly BudgetFacts[]): TemplateResult | typeof nothing {
  if (budgets.length === 0) return nothing;
  return html`<section aria-labelledby="budgets-heading">
    <h2 id="budgets-heading">${strings.budgets}</h2>
    <table class="numbers budgets" aria-labelledby="budgets-heading">
      <thead>
        <tr>
          ${[strings.asked, strings.taken, strings.scratch, strings.deviceMemory].map(
            (label) => html`<th scope="col">${label}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${budgets.map(
          (it) =>
            html`<tr>
              <th scope="row">${bytes(it.asked)}</th>
              <td>${bytes(it.taken)}</td>
              <td>${bytes(it.scratch)}</td>
              <td>${bytes(it.deviceMemory)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="quiet-text note-below">${strings.budgetsNote}</p>
  </section>`;
}

function bytes(size: number): TemplateResult {
  return html`<span title=${formatExactBytes(size)}>${formatBytes(size)}</span>`;
}

function milliseconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
