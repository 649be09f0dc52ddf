/** A text field that keeps what was typed, right or wrong, and says by itself when it is wrong. */
import { html, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { live } from 'lit/directives/live.js';

export interface TextField {
  id: string;
  /** For screen readers; what is seen beside the field may be shorter. */
  label: string;
  value: string;
  /** Width in digits. */
  size: number;
  errors: ReadonlyMap<string, string>;
  title?: string;
  placeholder?: string;
  decimal?: boolean;
  text?: boolean;
  describedBy?: string;
  onInput(value: string): void;
}

export function textField(field: TextField): TemplateResult {
  const { id, errors } = field;
  const wrong = errors.has(id);
  const described = [wrong ? `${id}-error` : '', field.describedBy ?? ''].filter((s) => s !== '');
  return html`<input
    class="field-text"
    type="text"
    id=${id}
    inputmode=${field.text ? 'text' : field.decimal ? 'decimal' : 'numeric'}
    autocomplete="off"
    spellcheck="false"
    size=${field.size}
    aria-label=${field.label}
    aria-invalid=${wrong ? 'true' : 'false'}
    aria-describedby=${ifDefined(described.length > 0 ? described.join(' ') : undefined)}
    title=${ifDefined(field.title)}
    placeholder=${ifDefined(field.placeholder)}
    .value=${live(field.value)}
    @input=${(event: Event) => field.onInput((event.target as HTMLInputElement).value)}
  />`;
}
