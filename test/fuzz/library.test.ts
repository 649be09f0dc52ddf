/**
 * One million hostile headers through the real library: the shim, the engine host and its protocol with it. None crashes
 * or hangs, and each is answered with a validity that the header file knows. Seeded like core.test.ts.
 */
import assert from 'node:assert/strict';
import { triage } from '../../src/core/file/fileKind';
import { readEngineHeader } from '../../src/core/file/engineHeader';
import { CheckRecords } from '../../src/host/check/checkRecords';
import { libraryOf, libraryVersions, startSupervisor } from '../support/builtEngines';
import { realHeaders } from '../support/engines';
import { randomNumbers } from '../support/random';

const seed = Number(process.env['FUZZ_SEED'] ?? 20261122);
const total = Number(process.env['FUZZ_HEADERS'] ?? 1_000_000);
const atOnce = 10_000;
const stride = 64;

const real = realHeaders.map(({ header }) => Buffer.from(header, 'hex'));

describe('hostile headers and the real library', () => {
  for (const version of libraryVersions) {
    // The newest takes them all; the older ones a tenth each.
    const count = version === libraryVersions.at(-1) ? total : Math.ceil(total / 10);
    it(`${version} answers ${count} of them`, async function () {
      this.timeout(600_000);
      const supervisor = startSupervisor();
      try {
        const random = randomNumbers(seed);
        let before: number[] | null = null;
        for (let done = 0; done < count; done += atOnce) {
          const some = Math.min(atOnce, count - done);
          const headers = new Uint8Array(some * stride);
          const lengths: number[] = [];
          for (let i = 0; i < some; i++) {
            const header = headers.subarray(i * stride, (i + 1) * stride);
            header.set(real[random(real.length)] ?? []);
            // From one bit to nothing left of a real one.
            const changes = random(4) === 0 ? stride : 1 + random(8);
            for (let n = 0; n < changes; n++) header[random(stride)] = random(256);
            lengths.push(random(16) === 0 ? random(stride + 1) : stride);
          }
          const records = new CheckRecords(
            await supervisor.checkHeaders(libraryOf(version), headers, stride, lengths),
          );
          for (let i = 0; i < some; i++) {
            const header = headers.subarray(i * stride, i * stride + (lengths[i] ?? 0));
            const what = () => `header ${done + i}: ${Buffer.from(header).toString('hex')}`;
            assert.ok([0, 1, 2].includes(records.validity(i) ?? -1), what());
            const isRtx = triage(header, 4096).kind === 'tensorrt-rtx';
            if (header.length === stride && isRtx === false) {
              // Rule 1: not ours is malformed, before a GPU is looked for.
              assert.equal(records.diagnostics(i), 32, what());
            }
            if (header.length < stride) assert.equal(readEngineHeader(header), null, what());
          }
          before ??= supervisor.pids;
          assert.deepEqual(
            supervisor.pids,
            before,
            'the engine host was not the same all the time',
          );
        }
      } finally {
        await supervisor.dispose();
      }
    });
  }
});
