import assert from 'node:assert/strict';
import { GiB, rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import { fitOf } from '../../core/gpu/fit';
import type { GpuSnapshot } from '../../core/gpu/gpuMemory';
import { chooseGpu, visibleGpus } from '../../core/gpu/gpuMemoryChoice';
import { escapeMarkdown, statusItem, type StatusInput } from './statusItem';

function input(snapshot: GpuSnapshot, change: Partial<StatusInput> = {}): StatusInput {
  const visible = visibleGpus(snapshot.gpus, {});
  return {
    snapshot,
    visible,
    choice: chooseGpu(snapshot.gpus, '', visible),
    warningPercent: 90,
    fit: null,
    commands: { show: 'x.show', choose: 'x.choose' },
    ...change,
  };
}
/** As a Markdown renderer would show the entities. */
const shown = (markdown: string) =>
  markdown.replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code)));

describe('statusItem', () => {
  it('says used of total, and whether the engine in front fits', () => {
    const fit = fitOf(
      {
        weightBytes: Number(7n * GiB),
        fileSize: 1,
        streamableBytes: null,
        deviceMemoryBytes: null,
      },
      { name: 'G', total: Number(8n * GiB), free: Number(6n * GiB) },
    );
    const snapshot = snapshotOf([rawGpu()]);
    assert.equal(statusItem(input(snapshot))?.text, '$(chip) 2.0/8.0 GiB');
    const item = statusItem(input(snapshot, { fit: { file: 'a.engine', fit } }));
    assert.equal(item?.text, '$(chip) 2.0/8.0 GiB, does not fit now');
    assert.ok(shown(item?.tooltip ?? '').includes(fit.sentence));
    assert.ok(item?.label.includes(fit.sentence));
  });

  it('warns from the threshold on', () => {
    const full = snapshotOf([rawGpu({ used: (15n * GiB) / 2n, free: GiB / 2n })]);
    assert.equal(statusItem(input(full))?.warns, true);
    assert.equal(statusItem(input(full, { warningPercent: 0 }))?.warns, false);
    assert.equal(statusItem(input(snapshotOf([rawGpu()])))?.warns, false);
  });

  it('says nothing where there is no GPU, and what is wrong where a driver fails', () => {
    assert.equal(statusItem(input(snapshotOf([], 0, { source: 'none', status: -1 }))), null);
    assert.equal(statusItem(input(snapshotOf([], 0, { status: 9 }))), null);
    const mismatch = statusItem(input(snapshotOf([], 0, { status: 18 })));
    assert.equal(mismatch?.text, '$(chip) GPU not readable');
    assert.match(shown(mismatch?.tooltip ?? ''), /NVML_ERROR_LIB_RM_VERSION_MISMATCH/);
    assert.match(shown(mismatch?.tooltip ?? ''), /Restart the computer/);
  });

  it('shows the five programs that hold most, and all GPUs where there are several', () => {
    const processes = Array.from({ length: 8 }, (_, i) => ({
      pid: i,
      name: `/usr/bin/p${i} run.py`,
      memory: BigInt(i) * GiB,
      kind: 'compute' as const,
    }));
    const tooltip = shown(
      statusItem(input(snapshotOf([rawGpu({ processes }), rawGpu({ index: 1, status: 15 })])))
        ?.tooltip ?? '',
    );
    assert.match(tooltip, /\| p7 run\.py \| 7 \| 7\.0 GiB \|/);
    assert.match(tooltip, /and 3 more/);
    assert.doesNotMatch(tooltip, /p2 run/);
    assert.match(tooltip, /GPU 1: .* \| NVML_ERROR_GPU_IS_LOST \|/);
    assert.match(tooltip, /GPU 0: .*\(used\)/);
  });

  it('hostile names are text: no link, table, HTML, icon or command comes out of them', () => {
    const hostile =
      '[x](command:evil) | <b>h</b> https://evil.example www.evil.example $(trash) `a` **b** \\| a@b.c';
    const tooltip =
      statusItem(
        input(
          snapshotOf([
            rawGpu({
              name: hostile,
              processes: [{ pid: 1, name: hostile, memory: 1n, kind: 'compute' }],
            }),
          ]),
          { fit: null },
        ),
      )?.tooltip ?? '';
    assert.deepEqual(
      [...tooltip.matchAll(/command:[\w.]+/g)].map(([match]) => match),
      ['command:x.show', 'command:x.choose'],
    );
    for (const part of ['<', 'https:', 'www.', '](command:evil', '$(', '`', '@', '\\']) {
      assert.ok(!tooltip.includes(part), part);
    }
    assert.ok(shown(tooltip).includes(hostile.slice(0, 40)));
  });

  it('programs are named by the end of their path, other names whole', () => {
    const tooltip = (name: string) =>
      shown(
        statusItem(
          input(
            snapshotOf([rawGpu({ processes: [{ pid: 1, name, memory: 1n, kind: 'compute' }] })]),
          ),
        )?.tooltip ?? '',
      );
    assert.match(tooltip('/usr/bin/python3 /a/b.py'), /\| python3 \/a\/b\.py \| 1 \|/);
    assert.match(tooltip('C:\\Program Files\\App\\app.exe'), /\| app\.exe \| 1 \|/);
    assert.match(tooltip('a </b> c'), /\| a <\/b> c \| 1 \|/);
  });

  it('escapeMarkdown leaves words readable', () => {
    assert.equal(escapeMarkdown('Größe 漢字 12 %, (a)'), 'Größe 漢字 12 %, (a)');
    assert.equal(escapeMarkdown('a|b\n*'), 'a&#124;b&#10;&#42;');
  });
});
