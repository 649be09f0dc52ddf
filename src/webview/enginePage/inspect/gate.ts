/** What stands in the Tensors and Layers tabs until the engine was inspected. */
import { html, nothing, type TemplateResult } from 'lit';
import { hasNoGpuToLoadOn } from '../../../core/report/advice';
import type { InspectState, PageFailure } from '../../../core/pages/pageMessages';
import { formatDuration } from '../../../core/text/formats';
import { plainText } from '../../../core/text/plainText';
import { icon } from '../../shared/icon';
import { restrictedNote } from '../restrictedNote';
import type { PageActions, PageState } from '../state';
import { strings } from './strings';

/** null: there is an inspection to show, and nothing else to say. */
export function gate(
  state: PageState,
  actions: PageActions,
  tab: 'tensors' | 'layers',
): TemplateResult | null {
  const { inspect } = state;
  if (inspect.state === 'running') return running(state, inspect, actions);
  if (!state.trusted) return restrictedNote(strings.restricted, actions);
  if (inspect.state === 'failed') return failure(inspect.failure, actions);
  if (inspect.state === 'done') return null;
  if (state.report && hasNoGpuToLoadOn(state.report)) {
    return html`
      <div class="gate">
        <p>${strings.explain[tab]}</p>
        <p>${strings.noGpu}</p>
        <p>
          <vscode-button
            secondary
            data-action="inspect"
            @click=${() => actions.send({ type: 'inspect' })}
            >${strings.lookAnyway}</vscode-button
          >
        </p>
      </div>
    `;
  }
  return html`
    <div class="gate">
      <p>${strings.explain[tab]}</p>
      <p class="quiet-text">${strings.explainLoading}</p>
      <p>
        <vscode-button data-action="inspect" @click=${() => actions.send({ type: 'inspect' })}
          >${strings.look}</vscode-button
        >
      </p>
    </div>
  `;
}

function running(
  state: PageState,
  it: Extract<InspectState, { state: 'running' }>,
  actions: PageActions,
): TemplateResult {
  const { progress, startedAt } = it;
  const elapsed = Math.max(0, state.now - startedAt);
  return html`
    <div class="gate">
      <p class="gate-progress">
        <bdi>${progress.sentence || strings.looking}</bdi>
        ${
          elapsed >= 1000
            ? html`<span class="quiet-text">${strings.elapsed(formatDuration(elapsed))}</span>`
            : nothing
        }
      </p>
      <vscode-progress-bar
        ?indeterminate=${progress.fraction === null}
        .value=${(progress.fraction ?? 0) * 100}
        aria-label=${strings.looking}
      ></vscode-progress-bar>
      <p>
        <vscode-button
          secondary
          data-action="cancelInspect"
          @click=${() => actions.send({ type: 'cancelInspect' })}
          >${strings.cancel}</vscode-button
        >
      </p>
    </div>
  `;
}

function failure(it: PageFailure, actions: PageActions): TemplateResult {
  return html`
    <div class="gate gate-failed" data-failure=${it.code}>
      <h2>${icon('error', 'tone-error')} ${strings.failed}</h2>
      <p><bdi>${it.sentence}</bdi></p>
      ${it.nextStep ? html`<p><bdi>${it.nextStep}</bdi></p>` : nothing}
      <p>
        <vscode-button data-action="inspect" @click=${() => actions.send({ type: 'inspect' })}
          >${strings.tryAgain}</vscode-button
        >
      </p>
      ${
        it.detail
          ? html`<details class="gate-detail">
              <summary>${strings.details}</summary>
              <pre class="own-text">
${it.detail
                  .split('\n')
                  .map((line) => plainText(line))
                  .join('\n')}</pre>
            </details>`
          : nothing
      }
    </div>
  `;
}

/** Polite words for screen readers when inspecting begins and ends. */
export function inspectAnnouncement({ inspect }: PageState): string {
  switch (inspect.state) {
    case 'running':
      return strings.announce.running;
    case 'failed':
      return `${inspect.failure.sentence} ${inspect.failure.nextStep}`;
    case 'done':
      return strings.announce.done;
    case 'none':
      return '';
  }
}
