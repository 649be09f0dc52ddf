/** A button that stays in the background: a codicon and words. */
import { html, type TemplateResult } from 'lit';
import { icon } from './icon';

export function quietButton(
  action: string,
  symbol: string,
  label: string,
  run: () => void,
  disabled = false,
): TemplateResult {
  return html`<button
    class="quiet"
    type="button"
    data-action=${action}
    ?disabled=${disabled}
    @click=${run}
  >
    ${icon(symbol)}${label}
  </button>`;
}
