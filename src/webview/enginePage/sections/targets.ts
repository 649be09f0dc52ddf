/**
 * "On your targets": the engine on machines that are not at hand. It leads where this machine has no GPU; where nobody
 * has named targets yet, it asks for them first.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport, Severity } from '../../../core/report/engineReport';
import type { TargetsView } from '../../../core/pages/targetsView';
import type { TargetFact, TargetRow } from '../../../core/targets/engineOnTargets';
import { icon, rowStateIcon, severityIcon } from '../../shared/icon';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';
import { changesLine } from './verdict';

export function targetsLead(
  state: PageState,
  report: EngineReport,
  view: TargetsView,
  actions: PageActions,
): TemplateResult {
  return view.source === 'defaults'
    ? firstChoice(state, report, view, actions)
    : answer(state, report, view, actions);
}

/** Nobody has named targets: a question with a good answer already ticked. */
function firstChoice(
  state: PageState,
  report: EngineReport,
  view: TargetsView,
  actions: PageActions,
): TemplateResult {
  const chosen =
    state.boards ?? new Set(view.choices.filter((one) => one.suggested).map(({ id }) => id));
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    actions.chooseBoards(next);
  };
  return html`
    <section class="verdict severity-information" aria-labelledby="headline">
      <div class="verdict-icon">${icon('target', 'tone-information')}</div>
      <div class="verdict-text">
        <h2 id="headline">${strings.whereToRun}</h2>
        <p class="summary"><bdi>${report.summary}</bdi> ${strings.youNeedNone}</p>
        <ul class="board-choices" aria-label=${strings.boards}>
          ${view.choices.map(
            ({ id, name, facts }) => html`
              <li>
                <label class=${chosen.has(id) ? 'chosen' : ''}>
                  <input
                    type="checkbox"
                    data-board=${id}
                    .checked=${chosen.has(id)}
                    @change=${(event: Event) =>
                      toggle(id, (event.target as HTMLInputElement).checked)}
                  />
                  <span>${name}<small>${facts}</small></span>
                </label>
              </li>
            `,
          )}
        </ul>
        <div class="remedies">
          <vscode-button
            data-action="addTargets"
            ?disabled=${!view.canSave || chosen.size === 0}
            @click=${() => actions.send({ type: 'addTargets', boards: [...chosen] })}
            >${strings.addTargets(chosen.size)}</vscode-button
          >
          ${button('chooseTargets', strings.moreGpus, actions)}
          ${button('importTarget', strings.fromFile, actions)}
        </div>
        <p class="remedy-detail">
          ${
            view.canSave
              ? html`${strings.savedIn} <code>${view.fileName}</code>, ${strings.savedFor}`
              : strings.noFolder
          }
        </p>
        ${changesLine(state)} ${problem(view)}
      </div>
    </section>
  `;
}

function answer(
  state: PageState,
  report: EngineReport,
  view: TargetsView,
  actions: PageActions,
): TemplateResult {
  const { engine } = view;
  const fixable = engine.rows.find(({ remedy }) => remedy !== null);
  return html`
    <section class="verdict severity-${engine.severity}" aria-labelledby="headline">
      <div class="verdict-icon">${severityIcon(engine.severity)}</div>
      <div class="verdict-text">
        <h2 id="headline">
          <span class="visually-hidden">${strings.severity[engine.severity]}</span>${engine.title}
        </h2>
        <p class="summary"><bdi>${engine.summary || report.headline}</bdi></p>
        <div class="remedies">
          ${
            fixable?.remedy
              ? html`<vscode-button
                  data-action="fixForTarget"
                  title=${fixable.remedy.detail}
                  @click=${() => actions.send({ type: 'fixForTarget', target: fixable.id })}
                  >${fixable.remedy.title}</vscode-button
                >`
              : nothing
          }
          ${button('copyTargetCommand', strings.copyCommand, actions)}
          ${button('editTargets', strings.editTargets, actions)}
        </div>
        ${changesLine(state)}
        <p class="small-print"><bdi>${report.summary}</bdi> ${strings.predicted}</p>
        ${problem(view)}
      </div>
    </section>
  `;
}

const problem = (view: TargetsView) =>
  view.problem === ''
    ? nothing
    : html`<p class="with-icon">${icon('warning', 'tone-warning')}<bdi>${view.problem}</bdi></p>`;

type Plain = 'chooseTargets' | 'importTarget' | 'copyTargetCommand' | 'editTargets' | 'showMatrix';

function button(type: Plain, text: string, actions: PageActions): TemplateResult {
  return html`<vscode-button secondary data-action=${type} @click=${() => actions.send({ type })}
    >${text}</vscode-button
  >`;
}

function quiet(
  type: Plain | 'checkAll',
  sign: string,
  text: string,
  actions: PageActions,
): TemplateResult {
  return html`<button
    class="quiet"
    type="button"
    data-action=${type}
    @click=${() => actions.send({ type })}
  >
    ${icon(sign)}${text}
  </button>`;
}

export function targetsSection(
  state: PageState,
  report: EngineReport,
  view: TargetsView,
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (!report.header) return nothing;
  const leads = report.lead === 'targets';
  const own = view.source === 'file';
  return html`
    <section class="on-targets" aria-labelledby="targets-heading">
      <div class="section-head">
        <h2 id="targets-heading">${own ? strings.onYourTargets : strings.onCommonGpus}</h2>
        <span class="quiet-text"
          >${leads && own ? '' : `${view.engine.title}. `}${strings.predicted}</span
        >
        <span class="actions" role="group" aria-label=${strings.actions}>
          ${quiet('chooseTargets', 'add', own ? strings.addTarget : strings.chooseTargets, actions)}
          ${own ? quiet('editTargets', 'json', strings.editTargets, actions) : nothing}
          ${quiet('showMatrix', 'table', strings.allEngines, actions)}
        </span>
      </div>
      ${leads ? nothing : problem(view)}
      <table class="targets" role="table" aria-labelledby="targets-heading">
        <thead role="rowgroup">
          <tr role="row">
            ${[
              strings.target,
              strings.result,
              strings.version,
              strings.gpu,
              strings.weights,
              strings.driver,
              strings.howWeKnow,
            ].map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${view.engine.rows.map((row) => targetRow(state, report, row, own, actions))}
          ${leads ? thisMachine(report) : nothing}
        </tbody>
      </table>
    </section>
    ${leads ? needs(view) : nothing} ${leads ? withoutGpu(actions) : nothing}
  `;
}

function targetRow(
  state: PageState,
  report: EngineReport,
  row: TargetRow,
  own: boolean,
  actions: PageActions,
): TemplateResult {
  const open = state.openTarget === row.id;
  const field = report.headerFields.find(({ id }) => id === row.field);
  return html`
    <tr role="row" data-target=${row.id} class=${open ? 'open' : ''}>
      <th scope="row" role="rowheader">
        <button
          class="link target-name"
          type="button"
          aria-expanded=${open}
          @click=${() => actions.openTarget(open ? null : row.id)}
        >
          ${icon(open ? 'chevron-down' : 'chevron-right')}<bdi>${row.name}</bdi>
        </button>
        <small
          ><bdi>${row.facts}</bdi
          >${row.required || !own ? nothing : html` · ${strings.optional}`}</small
        >
      </th>
      <td role="cell" data-label=${strings.result}>
        <span class="note-line">${severityIcon(signOf(row))}<span>${row.word}</span></span>
      </td>
      ${fact(strings.version, row.version)} ${fact(strings.gpu, row.gpu)}
      ${fact(strings.weights, row.weights)} ${fact(strings.driver, row.driver)}
      <td role="cell" data-label=${strings.howWeKnow}>${row.howKnown}</td>
    </tr>
    ${
      open
        ? html`<tr role="row" class="open-details">
            <td role="cell" colspan="7">
              <p>
                <bdi>${row.sentence}</bdi>
                ${
                  field
                    ? html`<button
                        class="link"
                        type="button"
                        @click=${() => actions.goToField(field.id)}
                      >
                        ${strings.showInHeader(field.offset)}
                      </button>`
                    : nothing
                }
              </p>
              ${
                row.remedy
                  ? html`<p class="quiet-text">${row.remedy.detail}</p>
                      <vscode-button
                        secondary
                        data-action="fixForTarget"
                        @click=${() => actions.send({ type: 'fixForTarget', target: row.id })}
                        >${row.remedy.title}</vscode-button
                      >`
                  : nothing
              }
            </td>
          </tr>`
        : nothing
    }
  `;
}

/** On an optional target what is wrong is quieter, and not a question. */
function signOf({ severity, cell }: TargetRow): Severity {
  if (severity !== 'information') return severity;
  return cell === 'runs-slower' || cell === 'borderline' ? 'warning' : 'error';
}

function fact(label: string, { state, text, note }: TargetFact): TemplateResult {
  return html`<td role="cell" data-label=${label}>
    <span class="note-line"
      >${rowStateIcon(state)}<span
        ><span class="visually-hidden">${strings.rowState[state]}</span>${text}${
          note === '' ? nothing : html`<small><bdi>${note}</bdi></small>`
        }</span
      ></span
    >
  </td>`;
}

function thisMachine({ runtime }: EngineReport): TemplateResult {
  return html`
    <tr role="row" class="this-machine">
      <th scope="row" role="rowheader">
        <span class="target-name">${strings.thisMachine}</span><small>${strings.noGpuHere}</small>
      </th>
      <td role="cell" data-label=${strings.result}>${strings.cantRunHere}</td>
      <td role="cell" data-label=${strings.version}>${runtime?.version ?? strings.nothing}</td>
      <td role="cell" data-label=${strings.gpu}>${strings.nothing}</td>
      <td role="cell" data-label=${strings.weights}>${strings.nothing}</td>
      <td role="cell" data-label=${strings.driver}>${strings.nothing}</td>
      <td role="cell" data-label=${strings.howWeKnow}>
        ${runtime ? 'TensorRT-RTX' : strings.nothing}
      </td>
    </tr>
  `;
}

function needs({ needs: rows }: TargetsView): TemplateResult {
  return html`<section aria-labelledby="needs-heading">
    <h2 id="needs-heading">${strings.needs}</h2>
    <table class="facts-table needs" aria-labelledby="needs-heading">
      <tbody>
        ${rows.map(
          ({ label, value, note }) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td><bdi>${value}</bdi></td>
              <td class="quiet-text">${note}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function withoutGpu(actions: PageActions): TemplateResult {
  const row = (
    [title, what]: readonly [string, string],
    sign: string,
    id: string,
    run: () => void,
  ) =>
    html`<li>
      ${icon(sign)}<button class="link" type="button" data-without=${id} @click=${run}>
        ${title}</button
      ><span class="quiet-text">${what}</span>
    </li>`;
  const { without } = strings;
  return html`<section aria-labelledby="without-heading">
    <h2 id="without-heading">${strings.withoutGpu}</h2>
    <ul class="without-gpu">
      ${row(without.rebuild, 'tools', 'rebuild', () => actions.send({ type: 'rebuildEngine' }))}
      ${row(without.checkAll, 'table', 'checkAll', () => actions.send({ type: 'checkAll' }))}
      ${row(without.onnx, 'play', 'onnx', () => actions.showTab('run'))}
    </ul>
  </section>`;
}
