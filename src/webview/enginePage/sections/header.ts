/**
 * The first bytes of the file, field by field. Each field is a button: pointing at it, or moving to it with the arrow
 * keys (one tab stop for all), shows what it means in the line below. The same stands in a table for whoever prefers one.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport, HeaderField, HeaderFieldId } from '../../../core/report/engineReport';
import { disclosure } from '../disclosure';
import { splitHex } from '../format';
import { icon } from '../../shared/icon';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';

/** Bytes of one unbreakable group; two groups stand side by side where there is room. */
const groupLength = 8;

export function headerSection(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  const bytes = splitHex(report.headerHex);
  if (bytes.length === 0) return nothing;
  const fields = report.headerFields;
  // Of a foreign file at most its tag is a field; nothing then is said of a header.
  const isHeader = report.header !== null;
  const heading = isHeader ? strings.header(bytes.length) : strings.firstBytes(bytes.length);
  const note = report.evidence === 'runtime' ? strings.headerNoteRuntime : strings.headerNote;
  return html`
    <section aria-labelledby="header-heading">
      <h2 id="header-heading">${heading}</h2>
      <div
        class="hex"
        role="group"
        aria-label=${fields.length > 0 ? strings.headerGroup : heading}
        @keydown=${(event: KeyboardEvent) => moveByKey(event, fields, actions)}
      >
        ${groups(bytes, fields, state, actions)}
      </div>
      ${fields.length > 0 ? legend(shownField(state, fields), fields, state, actions) : nothing}
      <p class="quiet-text note-below">
        ${isHeader ? html`${note} ` : nothing}<button
          class="link"
          type="button"
          data-action="showHeaderText"
          @click=${() => actions.send({ type: 'showHeaderText' })}
        >
          ${strings.openAsText}
        </button>
      </p>
    </section>
  `;
}

/** The field whose meaning is shown; the one that has the tab stop is the selected one, else the first. */
function shownField(state: PageState, fields: HeaderField[]): HeaderField | undefined {
  // A single field needs no choosing.
  if (fields.length === 1) return fields[0];
  const id = state.hoveredField ?? state.selectedField;
  return fields.find((field) => field.id === id);
}

function groups(
  bytes: string[],
  fields: HeaderField[],
  state: PageState,
  actions: PageActions,
): TemplateResult[] {
  const tabStop =
    fields.find((field) => field.id === state.selectedField)?.id ?? fields[0]?.id ?? null;
  const result: TemplateResult[] = [];
  for (let start = 0; start < bytes.length; start += groupLength) {
    const end = Math.min(start + groupLength, bytes.length);
    const pieces: TemplateResult[] = [];
    let at = start;
    while (at < end) {
      const position = at;
      const field = fields.find(
        (candidate) =>
          candidate.offset <= position && position < candidate.offset + candidate.length,
      );
      const nextField = Math.min(
        ...fields.map((candidate) => candidate.offset).filter((offset) => offset > position),
      );
      const pieceEnd = Math.min(end, field ? field.offset + field.length : nextField);
      const hex = bytes.slice(position, pieceEnd).join(' ');
      pieces.push(
        field
          ? fieldPiece(field, position === field.offset, hex, bytes, tabStop, state, actions)
          : html`<span class="bytes">${hex}</span>`,
      );
      at = pieceEnd;
    }
    result.push(html`
      <div class="hex-group">
        <span class="hex-offset" aria-hidden="true">${String(start).padStart(2, '0')}</span
        >${pieces}
      </div>
    `);
  }
  return result;
}

function fieldPiece(
  field: HeaderField,
  isFirst: boolean,
  hex: string,
  bytes: string[],
  tabStop: HeaderFieldId | null,
  state: PageState,
  actions: PageActions,
): TemplateResult {
  const shown = (state.hoveredField ?? state.selectedField) === field.id;
  const classes = `bytes field${field.flagged ? ' flagged' : ''}${shown ? ' shown' : ''}`;
  const hover = () => actions.hoverField(field.id);
  const leave = () => actions.hoverField(null);
  if (!isFirst) {
    // The rest of a field that runs over the end of a group: the first piece is the button.
    return html`<span class=${classes} aria-hidden="true" @mouseenter=${hover} @mouseleave=${leave}
      >${hex}</span
    >`;
  }
  const wholeHex = bytes.slice(field.offset, field.offset + field.length).join(' ');
  const name = strings.fieldName(field.label, field.value, rangeOf(field), wholeHex);
  return html`<button
    type="button"
    class=${classes}
    data-field=${field.id}
    tabindex=${tabStop === field.id ? 0 : -1}
    aria-label=${field.flagged ? `${name}, ${strings.flagged}` : name}
    aria-pressed=${state.selectedField === field.id ? 'true' : 'false'}
    @mouseenter=${hover}
    @mouseleave=${leave}
    @focus=${() => actions.selectField(field.id)}
    @click=${() => actions.selectField(field.id)}
  >
    ${hex}
  </button>`;
}

function legend(
  field: HeaderField | undefined,
  fields: HeaderField[],
  state: PageState,
  actions: PageActions,
): TemplateResult {
  return html`
    <p class="legend">
      ${
        field
          ? html`<span class="legend-label">${field.label}</span>
              <bdi class="legend-value">${field.value}</bdi>
              <span class="quiet-text"
                >${rangeOf(field)}${field.flagged ? html` · ${strings.flagged}` : nothing}</span
              >`
          : html`<span class="quiet-text">${strings.headerHint}</span>`
      }
    </p>
    ${fields.length > 1 ? fieldsTable(fields, state, actions) : nothing}
  `;
}

function fieldsTable(
  fields: HeaderField[],
  state: PageState,
  actions: PageActions,
): TemplateResult {
  return disclosure(
    state,
    actions,
    'header-fields',
    strings.fieldsAsTable,
    html`<table class="facts-table fields-table">
      <thead>
        <tr>
          <th scope="col">${strings.fieldColumn}</th>
          <th scope="col">${strings.valueColumn}</th>
          <th scope="col">${strings.bytesColumn}</th>
        </tr>
      </thead>
      <tbody>
        ${fields.map(
          (row) => html`
            <tr>
              <th scope="row">${row.label}</th>
              <td>
                <bdi>${row.value}</bdi>${
                  row.flagged
                    ? html` ${icon('error', 'tone-error')}<span class="visually-hidden"
                          >${strings.flagged}</span
                        >`
                    : nothing
                }
              </td>
              <td>${strings.range(row.offset, lastByte(row))}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>`,
  );
}

function rangeOf(field: HeaderField): string {
  return strings.bytesRange(field.offset, lastByte(field));
}

function lastByte(field: HeaderField): number {
  return field.offset + field.length - 1;
}

function moveByKey(event: KeyboardEvent, fields: HeaderField[], actions: PageActions): void {
  const target = event.target as HTMLElement;
  const at = fields.findIndex((field) => field.id === target.dataset['field']);
  if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  const inOrder = fields.map((field) => field.id);
  const to = indexAfterKey(event.key, at, inOrder.length);
  if (to === null) return;
  event.preventDefault();
  actions.goToField(inOrder[to]!);
}

function indexAfterKey(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(at + 1, count - 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
