import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { boardRows, boardTableFile, boardTableText } from '../../../scripts/makeBoards';
import { parseComputeCapability } from '../gpu/computeCapability';
import { boardId } from './boardId';
import { boardOutlook, boards, findBoard, memoryText, nearestBoards } from './boards';

const board = (id: string) => {
  const found = boards.find((one) => one.id === id);
  assert.ok(found, id);
  return found;
};

describe('boards', () => {
  it('are those that the script writes', async () => {
    assert.equal(readFileSync(boardTableFile, 'utf8'), await boardTableText());
  });

  it('have an id, a compute capability, memory and a source each', () => {
    assert.ok(boards.length > 180, String(boards.length));
    assert.equal(new Set(boards.map(({ id }) => id)).size, boards.length);
    for (const { id, name, computeCapability, memory, sources } of boards) {
      assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.equal(boardId(name), id);
      assert.equal(parseComputeCapability(computeCapability), computeCapability);
      assert.ok(memory.length > 0 && memory.every((gb) => gb >= 2 && gb <= 288), id);
      assert.ok(sources.length > 0, id);
    }
    assert.equal(boardRows().length, boards.length);
  });

  it('avoids what is wrong in the list that it is made from', () => {
    assert.equal(board('rtx-2050-laptop').computeCapability, '8.6');
    assert.equal(board('b300').computeCapability, '10.3');
    assert.deepEqual(board('rtx-2080-ti').memory, [11]);
    assert.deepEqual(board('rtx-a5000').memory, [24]);
    for (const id of [
      'gtx-1660-ti',
      'rtx-2080-super',
      'rtx-3050',
      'quadro-rtx-4000',
      't1000',
      'rtx-pro-5000-laptop',
      'rtx-spark-n1x',
    ]) {
      board(id);
    }
    assert.equal(
      boards.some(({ name }) => / Mobile$/.test(name)),
      false,
    );
  });

  it('are found by the names that the driver gives', () => {
    for (const [name, id, memory] of [
      ['NVIDIA GeForce RTX 4060 Laptop GPU', 'rtx-4060-laptop', null],
      ['nvidia rtx 2000 ada generation laptop gpu', 'rtx-2000-ada-laptop', null],
      ['NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 'rtx-pro-6000', null],
      ['NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition', 'rtx-pro-6000-max-q', null],
      ['NVIDIA GeForce RTX 2080 with Max-Q Design', 'rtx-2080-laptop', null],
      ['NVIDIA A100-SXM4-80GB', 'a100', 80],
      ['NVIDIA H100 80GB HBM3', 'h100', 80],
      ['Tesla T4', 't4', null],
      ['NVIDIA TITAN RTX', 'titan-rtx', null],
      ['DGX Spark', 'gb10', null],
      ['RTX 3060 12 GB', 'rtx-3060', 12],
      ['rtx-3060-12gb', 'rtx-3060', 12],
    ] as const) {
      const found = findBoard(name);
      assert.deepEqual([found?.board.id, found?.memory], [id, memory], name);
    }
    assert.equal(findBoard('rtx-9090'), null);
    assert.equal(findBoard(''), null);
  });

  it('offers the nearest names for one that is not known', () => {
    assert.ok(nearestBoards('rtx-4060-laptp').includes('rtx-4060-laptop'));
    assert.ok(nearestBoards('rtx4090').includes('rtx-4090'));
    assert.ok(nearestBoards('4060').includes('rtx-4060'));
    assert.deepEqual(nearestBoards('a toaster'), []);
    assert.deepEqual(nearestBoards(''), []);
  });

  it('are spoken of each for itself', () => {
    assert.match(
      boardOutlook(board('rtx-2050-laptop')).sentence,
      /runs on RTX 2050 Laptop \(Ampere, 8\.6\)/,
    );
    assert.match(
      boardOutlook(board('gtx-1660-ti')).sentence,
      /GTX 1660 Ti \(Turing, 7\.5\) runs only/,
    );
    assert.equal(boardOutlook(board('gtx-1080')).runs, 'never');
    assert.equal(boardOutlook(board('h200')).runs, 'never');
    assert.match(boardOutlook(board('a100')).sentence, /support matrix does not list it/);
    assert.equal(boardOutlook(board('gb10'), '1.4.0').runs, 'limited');
    assert.equal(memoryText(board('rtx-spark-n1x')), '64 or 128 GB, shared by CPU and GPU');
  });
});
