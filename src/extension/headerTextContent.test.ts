import assert from 'node:assert/strict';
import type { EngineReport, Reason } from '../core/report/engineReport';
import { asMarkdown, headerText, type Span } from './headerTextContent';

const reason = (
  id: Reason['id'],
  sentence: string,
  headerField?: Reason['headerField'],
): Reason => ({
  id,
  severity: 'error',
  sentence,
  evidence: 'runtime',
  libraryLines: [],
  ...(headerField ? { headerField } : {}),
});

function report(change: Partial<EngineReport> = {}): EngineReport {
  return {
    schema: 1,
    file: '/models/a.engine',
    kind: 'tensorrt-rtx',
    ofOthers: false,
    engines: [],
    verdict: 'invalid',
    severity: 'error',
    validity: 2,
    diagnostics: 1,
    enumNames: [],
    evidence: 'runtime',
    headline: 'This machine cannot run this engine.',
    summary: 'It was built by 1.6.1; the runtime here is 1.7.1.',
    besides: '',
    lead: 'verdict',
    asked: 'Asked TensorRT-RTX 1.7.1.116.',
    reasons: [],
    remedies: [],
    rows: [],
    code: null,
    trial: null,
    runsOn: [],
    runsOnSentence: '',
    fileRows: [],
    header: null,
    headerFields: [],
    headerHex: '',
    runtime: null,
    gpu: null,
    fit: null,
    libraryLines: [],
    checkedAt: 0,
    size: 64,
    modified: 0,
    ...change,
  };
}

const at = (text: string, { line, start, end }: Span) => text.split('\n')[line]?.slice(start, end);

describe('headerText', () => {
  it('lays out each field with its bytes and points reasons at them', () => {
    const made = headerText(
      report({
        headerHex: `76747274${'00'.repeat(20)}01060178${'00'.repeat(36)}`,
        headerFields: [
          { id: 'tag', offset: 0, length: 4, label: 'Tag', value: 'vtrt', flagged: false },
          {
            id: 'version',
            offset: 24,
            length: 4,
            label: 'TensorRT-RTX that built it',
            value: '1.6.1.120',
            flagged: true,
          },
        ],
        reasons: [reason('version-mismatch', 'Built by 1.6.1.', 'version')],
      }),
      'a.engine',
    );
    assert.equal(at(made.text, made.verdict), 'This machine cannot run this engine.');
    const span = made.reasons[0]?.span;
    assert.ok(span);
    assert.match(
      at(made.text, span) ?? '',
      /^24 {2}01 06 01 78\s+TensorRT-RTX that built it\s+1\.6\.1\.120$/,
    );
    assert.deepEqual(span, made.fields[1]?.span);
  });

  it('gives a reason without a field its own line', () => {
    const made = headerText(
      report({ reasons: [reason('gpu-not-readable', 'No driver.')] }),
      'a.engine',
    );
    const span = made.reasons[0]?.span;
    assert.ok(span);
    assert.equal(at(made.text, span), 'No driver.');
  });

  it('keeps hostile text on its line', () => {
    const lines = (sentence: string) =>
      headerText(
        report({
          reasons: [reason('not-tensorrt-rtx', sentence)],
          fileRows: [{ label: sentence, value: sentence }],
          libraryLines: [{ severity: 3, text: sentence }],
        }),
        `${sentence}.engine`,
      ).text;
    const hostile = lines('a\r\nb\u2028c\u0085d\u001b[31m\u0000');
    assert.equal(hostile.split('\n').length, lines('plain').split('\n').length);
    assert.doesNotMatch(hostile, /[\r\u2028\u0085\u001b\u0000]/);
  });

  it('shows the bytes of a file that has no known layout', () => {
    const { text } = headerText(report({ headerHex: '504b0304' }), 'a.engine');
    assert.match(text, /0 {2}50 4b 03 04/);
  });
});

describe('asMarkdown', () => {
  it('leaves neither markup nor links nor line breaks', () => {
    const hostile = '[x](command:a) <b> https://a.b www.a.b a@b.c `c`\n\n# h | &lt; *i* \u2028';
    assert.match(asMarkdown(hostile), /^(?:[\p{L}\p{N} ]|&#\d+;)*$/u);
  });

  it('is the same text to a reader', () => {
    const text = 'Built by 1.6.1 – für 8.9, nicht <9.0>';
    const read = asMarkdown(text).replace(/&#(\d+);/g, (_, code) =>
      String.fromCodePoint(Number(code)),
    );
    assert.equal(read, text);
  });
});
