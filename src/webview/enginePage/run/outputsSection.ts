/** What came out: numbers for each output, its first values, a picture where it may be one, and how it compares. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatCount } from '../../../core/text/formats';
import { plainText } from '../../../core/text/plainText';
import type { OutputComparison, OutputReport, RunReport } from '../../../core/run/runReport';
import { disclosure } from '../disclosure';
import { icon } from '../../shared/icon';
import type { RunContext } from './context';
import { shapeText, valueOr } from './numbers';
import { strings } from './strings';

export function outputsSection(
  context: RunContext,
  report: RunReport,
  outputs: readonly OutputReport[],
  of: 'run' | 'reference',
): TemplateResult | typeof nothing {
  if (outputs.length === 0) return nothing;
  const { actions, state } = context;
  const canCompare =
    of === 'run' && !report.reference && report.kind === 'run' && state.run.state !== 'running';
  const columns = strings.outputColumns;
  const heading = `run-outputs-${of}`;
  const kept = of === 'run' && outputs.filter(({ dataPath }) => dataPath !== null).length;
  return html`
    <section aria-labelledby=${heading}>
      <div class="section-head">
        <h2 id=${heading}>${strings.outputOf[of]}</h2>
        <div class="section-actions">
          ${
            canCompare
              ? html`<button
                  class="link"
                  type="button"
                  data-action="compareRun"
                  @click=${() => actions.send({ type: 'compareRun', run: report.id })}
                >
                  ${strings.compareLink}
                </button>`
              : nothing
          }
          ${
            kept && kept > 1
              ? html`<button
                  class="link"
                  type="button"
                  data-action="saveOutputs"
                  @click=${() => actions.send({ type: 'saveOutputs', run: report.id })}
                >
                  ${strings.saveAll}
                </button>`
              : nothing
          }
        </div>
      </div>
      <table class="outputs-table" aria-labelledby=${heading}>
        <thead>
          <tr>
            <th scope="col">${columns.output}</th>
            <th scope="col">${columns.min}</th>
            <th scope="col">${columns.mean}</th>
            <th scope="col">${columns.max}</th>
            <th scope="col">${columns.nan}</th>
            <th scope="col">${columns.infinite}</th>
          </tr>
        </thead>
        ${outputs.map((output, i) => outputRows(context, report, output, i, of))}
      </table>
    </section>
  `;
}

function outputRows(
  { state, actions }: RunContext,
  report: RunReport,
  output: OutputReport,
  index: number,
  of: 'run' | 'reference',
): TemplateResult {
  const name = plainText(output.name, 300);
  const columns = strings.outputColumns;
  const count = (value: number) =>
    value === 0
      ? html`0`
      : html`<span class="with-icon count-bad"
          >${icon('warning', 'tone-warning')} ${formatCount(value)}</span
        >`;
  return html`<tbody data-output=${output.name}>
    <tr>
      <th scope="row">
        <bdi class="output-name" title=${name}>${name}</bdi>
        <span class="output-kind">${shapeText(output.shape)} ${output.type}</span>
      </th>
      <td data-label=${columns.min}>${valueOr(output.min)}</td>
      <td data-label=${columns.mean}>${valueOr(output.mean)}</td>
      <td data-label=${columns.max}>${valueOr(output.max)}</td>
      <td data-label=${columns.nan}>${count(output.nan)}</td>
      <td data-label=${columns.infinite}>${count(output.infinite)}</td>
    </tr>
    <tr class="output-more">
      <td colspan="6">
        ${output.comparison ? comparison(output.comparison) : nothing}
        ${
          output.preview
            ? html`<figure class="output-preview">
                <image-preview
                  role="img"
                  aria-label=${strings.preview(name)}
                  .preview=${output.preview}
                ></image-preview>
                <figcaption>${output.preview.sentence}</figcaption>
              </figure>`
            : nothing
        }
        <div class="output-foot">
          ${
            output.first.length > 0
              ? disclosure(
                  state,
                  actions,
                  `run-first-${of}-${index}`,
                  strings.firstValues,
                  html`<p class="own-lines first-values">
                    ${output.first.map(valueOr).join('  ')}${
                      output.count > output.first.length ? ' …' : ''
                    }
                  </p>`,
                )
              : nothing
          }
          ${
            of === 'run' && output.dataPath !== null
              ? html`<button
                  class="link"
                  type="button"
                  aria-label=${strings.saveOf(name)}
                  data-save=${output.name}
                  @click=${() =>
                    actions.send({ type: 'saveOutput', run: report.id, output: output.name })}
                >
                  ${strings.save}
                </button>`
              : nothing
          }
        </div>
      </td>
    </tr>
  </tbody>`;
}

const comparisonIcons: Record<OutputComparison['state'], [string, string]> = {
  good: ['pass', 'tone-ok'],
  warning: ['warning', 'tone-warning'],
  bad: ['error', 'tone-error'],
};

function comparison({ state, sentence }: OutputComparison): TemplateResult {
  return html`<p class="with-icon comparison" data-state=${state}>
    ${icon(...comparisonIcons[state])}
    <span
      ><span class="visually-hidden">${strings.comparisonState[state]}</span>
      <span class="quiet-text">${strings.against}:</span> <bdi>${sentence}</bdi></span
    >
  </p>`;
}
