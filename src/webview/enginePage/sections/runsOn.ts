/** For which GPUs it was built: chips by family and the same as a sentence. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport, GpuFamilyRow } from '../../../core/report/engineReport';
import { icon } from '../../shared/icon';
import type { PageActions } from '../state';
import { strings } from '../strings';

const icons: Record<GpuFamilyRow['state'], [string, string]> = {
  yes: ['check', 'tone-ok'],
  ptx: ['check', 'tone-quiet'],
  no: ['circle-slash', 'tone-quiet'],
  'no-code': ['circle-slash', 'tone-warning'],
};

export function runsOnSection(
  report: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (report.runsOn.length === 0 && !report.runsOnSentence) return nothing;
  return html`
    <section aria-labelledby="runs-on-heading">
      <h2 id="runs-on-heading">${strings.runsOn}</h2>
      ${
        report.runsOnSentence
          ? html`<p class="sentence"><bdi>${report.runsOnSentence}</bdi></p>`
          : nothing
      }
      ${
        report.runsOn.length > 0
          ? html`<ul class="chips">
              ${report.runsOn.map(
                (family) => html`
                  <li class="chip-${family.state}">
                    ${icon(...icons[family.state])}<span
                      >${family.state === 'no-code' ? html`<s>${family.label}</s>` : family.label}<span
                        class=${family.state === 'no' || family.state === 'no-code' ? 'why' : 'visually-hidden'}
                        >${`, ${strings.family[family.state]}`}</span
                      ></span
                    >
                  </li>
                `,
              )}
            </ul>`
          : nothing
      }
      ${trialPart(report, actions)}
    </section>
  `;
}

/** What NVIDIA's compiler answered, and asking it. */
function trialPart(
  { kind, trial }: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (kind !== 'tensorrt-rtx') return nothing;
  return html`
    ${
      trial
        ? html`<p class="trial quiet-text"><bdi>${trial.sentence}</bdi></p>
            ${
              trial.stale === ''
                ? trial.answers
                    .filter(({ warning }) => warning !== '')
                    .map(({ warning }) => staleLine(warning))
                : staleLine(trial.stale)
            }`
        : nothing
    }
    <p class="trial">
      <vscode-button
        secondary
        title=${strings.tryOnOtherGpusTitle}
        @click=${() => actions.send({ type: 'tryOnOtherGpus' })}
        >${strings.tryOnOtherGpus}</vscode-button
      >
    </p>
  `;
}

function staleLine(sentence: string): TemplateResult {
  return html`<p class="trial quiet-text">
    ${icon('warning', 'tone-warning')}<bdi>${sentence}</bdi>
  </p>`;
}
