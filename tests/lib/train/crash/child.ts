// What the crash tests run in processes of their own, to be killed, traced or starved of disk: `child.ts MODE FOLDER …`.
// It writes one JSON line per event to stdout.
//   save FOLDER           saves two models into FOLDER/model in turn, for ever
//   train FOLDER TRIAL STEPS EVERY [RESUME]   a run (see runs.ts) with checkpoints in FOLDER, from the start or from a checkpoint
//   thin FOLDER [RESUME]   a long run that keeps two checkpoints, one of every step
//   once FOLDER           one run of two steps with a checkpoint after the second
//   fill FOLDER OFFSETS   a checkpoint, then as many that find a disk with ever more room, but never enough
//   pause FOLDER          a run that finds the disk full and goes on when there is room; then one that is interrupted while it waits
//   limited FOLDER        one run whose checkpoint the system refuses
import { mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { save } from "../../../../lib/model/files.ts";
import { useEngine } from "../../../../lib/tensor/backend.ts";
import type { EngineName } from "../../../../lib/tensor/backend.ts";
import type { Watch } from "../../../../lib/train/run.ts";
import type { Model } from "../../../../lib/model/model.ts";
import { tinyModel } from "../task.ts";
import { TRIALS } from "./runs.ts";
import type { Places } from "./runs.ts";

const [mode, folder, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
const say = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);

const sft = (model: Model, places: Places, watch: Watch) => TRIALS["sft"]!.run(model, places, watch, folder);

/** Name -> hash of every file. */
const hashes = async (at: string) =>
  Object.fromEntries(
    (await readdir(at)).sort().map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(at, name)))
        .digest("hex"),
    ]),
  );
const codeOf = (error: unknown) => {
  const { code, message } = error as { code?: string; message?: string };
  return { code, message };
};

const modes: Readonly<Record<string, () => Promise<void>>> = {
  async save() {
    const models = [await tinyModel(0), await tinyModel(1)] as const;
    for (let i = 0; ; i++) {
      say({ saving: i });
      await save(models[i % 2] as Model, join(folder, "model"));
    }
  },
  async train() {
    const [kind, steps, every, resume] = rest as [string, string, string, string?];
    const places = {
      steps: Number(steps),
      checkpoint: { folder, every: Number(every) },
      resumeFrom: resume === undefined ? null : join(folder, resume),
    };
    const onStep: Watch["onStep"] = ({ step, tokens, metrics, sample }) =>
      void say({ step, tokens, metrics: { ...metrics, tokensPerSecond: 0 }, sample });
    const trial = TRIALS[kind]!;
    const run = await trial.run(await trial.model(), places, { onStep }, folder);
    say({ hash: await run.model.hash(), stopped: run.stopped });
  },
  async thin() {
    const [resume] = rest;
    const places = {
      steps: 100_000,
      checkpoint: { folder, every: 1, keep: 2 },
      resumeFrom: resume === undefined ? null : join(folder, resume),
    };
    let done = 0;
    // Two checkpoints are there, and one goes, from the third step on.
    await sft(await tinyModel(0), places, { onStep: ({ step }) => void (++done === 3 && say({ step })) });
  },
  async once() {
    await sft(await tinyModel(0), { steps: 2, checkpoint: { folder, every: 2 }, resumeFrom: null }, {});
    say({ saved: 2 });
  },
  async fill() {
    const model = await tinyModel(0);
    const at = join(folder, "runs");
    const first = { steps: 3, checkpoint: { folder: at, every: 2 }, resumeFrom: null };
    const { bavail: before } = await statfs(folder);
    // Interrupted after the second step, so that there is a third to do.
    const stop = new AbortController();
    await sft(model, first, { signal: stop.signal, onStep: ({ step }) => void (step === 2 && stop.abort()) });
    const { bavail: after, bsize } = await statfs(folder);
    const kept = await hashes(join(at, "step-000002"));
    const offsets = Number(rest[0]);
    const blocks = before - after;
    for (let i = 0; i < offsets; i++) {
      const room = Math.floor((i * blocks) / (offsets + 1)) * bsize;
      const ballast = await open(join(folder, "ballast"), "w");
      const { bavail } = await statfs(folder);
      await ballast.writeFile(new Uint8Array(bavail * bsize - room));
      await ballast.close();
      const again = { ...first, resumeFrom: join(at, "step-000002") };
      const outcome = await sft(model, again, {}).then(() => ({ code: "accepted" }), codeOf);
      await rm(join(folder, "ballast"));
      say({
        room,
        ...outcome,
        left: await readdir(at),
        same: JSON.stringify(await hashes(join(at, "step-000002"))) === JSON.stringify(kept),
      });
    }
    await sft(model, { ...first, resumeFrom: join(at, "step-000002") }, {});
    say({ left: await readdir(at) });
  },
  async pause() {
    const model = await tinyModel(0);
    const at = join(folder, "runs");
    const ballast = join(folder, "ballast");
    const plain = await sft(model, { steps: 4, checkpoint: null, resumeFrom: null }, {});
    say({ hash: await plain.model.hash() });
    const fill = async () => {
      const { bavail, bsize } = await statfs(folder);
      const file = await open(ballast, "w");
      await file.writeFile(new Uint8Array(bavail * bsize));
      await file.close();
    };
    for (const way of ["room", "interrupt"]) {
      const stop = new AbortController();
      const checkpoint = { folder: join(at, way), every: 2 };
      await mkdir(checkpoint.folder, { recursive: true });
      await fill();
      const run = await sft(
        model,
        { steps: 4, checkpoint, resumeFrom: null },
        {
          signal: stop.signal,
          onPause(text) {
            say({ paused: text });
            // Some time later, as a person would.
            setTimeout(() => void (way === "room" ? rm(ballast) : stop.abort()), 1_200);
          },
        },
      );
      const left = await readdir(checkpoint.folder);
      say({ way, stopped: run.stopped, steps: run.history.length, left, hash: await run.model.hash() });
      await rm(ballast, { force: true });
    }
  },
  async limited() {
    const places = { steps: 2, checkpoint: { folder, every: 2 }, resumeFrom: null };
    const outcome = await sft(await tinyModel(0), places, {}).then(() => ({ code: "accepted" }), codeOf);
    say({ ...outcome, left: await readdir(folder) });
  },
};

await useEngine((process.env["CRASH_ENGINE"] ?? "wasm") as EngineName);
await modes[mode]!();
