/** What Restricted Mode keeps from happening here, and the way out of it. */
import { html, type TemplateResult } from 'lit';
import { icon } from '../shared/icon';
import type { PageActions } from './state';
import { strings } from './strings';

export function restrictedNote(
  sentence: string,
  actions: PageActions,
  className = '',
): TemplateResult {
  return html`<p class="restricted ${className}">
    ${icon('workspace-untrusted')}
    <span
      >${sentence}
      <button
        class="link"
        type="button"
        data-action="manageTrust"
        @click=${() => actions.send({ type: 'manageTrust' })}
      >
        ${strings.manageTrust}
      </button></span
    >
  </p>`;
}
