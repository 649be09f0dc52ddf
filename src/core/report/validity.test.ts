import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { diagnosticNames, diagnostics, hasBit, unknownBits, validityName } from './validity';

describe('validity', () => {
  it('names values and bits', () => {
    assert.equal(validityName(0), 'kVALID');
    assert.equal(validityName(2), 'kINVALID');
    assert.deepEqual(diagnosticNames(17), ['kVERSION_MISMATCH', 'kINSUFFICIENT_GPU_MEMORY']);
    assert.deepEqual(diagnosticNames(0), []);
  });

  it('names what it does not know', () => {
    assert.equal(validityName(3), 'EngineValidity 3');
    assert.equal(validityName(-1), 'EngineValidity -1');
    assert.deepEqual(diagnosticNames(128 + 1), ['kVERSION_MISMATCH', 'bit 7']);
    assert.deepEqual(unknownBits(2 ** 40 + 2 ** 63), [2 ** 40, 2 ** 63]);
  });

  it('tells bits beyond 32', () => {
    assert.equal(hasBit(2 ** 40 + 1, 1), true);
    assert.equal(hasBit(2 ** 40 + 1, 2 ** 40), true);
    assert.equal(hasBit(2 ** 40 + 1, 2), false);
  });

  for (const version of ['1.4', '1.5', '1.6', '1.7']) {
    it(`has the names and bits of NVIDIA's header of ${version}`, () => {
      const header = path.join('.deps', 'headers', version, 'NvInferRuntime.h');
      assert.ok(existsSync(header), `${header} is fetched by npm run setup`);
      const text = readFileSync(header, 'utf8');
      const body = /enum class EngineInvalidityDiagnostics[^{]*\{([^}]*)\}/.exec(text)?.[1] ?? '';
      const bits = [...body.matchAll(/^\s*(k[A-Z_]+) = 1ULL << (\d+)/gm)].map(([, name, shift]) => [
        name,
        2 ** Number(shift),
      ]);
      assert.deepEqual(
        bits,
        diagnostics.map((d) => [d.name, d.bit]),
      );
      const values = /enum class EngineValidity[^{]*\{([^}]*)\}/.exec(text)?.[1] ?? '';
      const names = [...values.matchAll(/^\s*(k[A-Z_]+) = (\d+)/gm)];
      assert.equal(names.length, 3);
      for (const [, name, value] of names) {
        assert.equal(validityName(Number(value)), name);
      }
    });
  }
});
