import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { onDemand } from "../../src/layers/onDemand.ts"

class Cup extends Context.Service<Cup, { readonly content: string; readonly size: number }>()("test/Cup") {}
class Kettle extends Context.Service<Kettle, { readonly boil: Effect.Effect<string> }>()("test/Kettle") {}
class Saucer extends Context.Service<Saucer, { readonly colour: string }>()("test/Saucer") {}

/** What is made and given back, in order. */
const kitchen = () => {
  const log: Array<string> = []
  const made = <A>(name: string, thing: A) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        log.push(`${name} made`)
        return thing
      }),
      () => Effect.sync(() => void log.push(`${name} gone`))
    )
  const kettle = Layer.effect(Kettle, made("kettle", { boil: Effect.succeed("tea") }))
  const cup = Layer.effect(
    Cup,
    Effect.gen(function*() {
      const { boil } = yield* Kettle
      return yield* made("cup", { content: yield* boil, size: 2 })
    })
  )
  const both = Layer.effectContext(Effect.map(
    made("set", undefined),
    () => Context.make(Kettle, { boil: Effect.succeed("milk") }).pipe(Context.add(Saucer, { colour: "blue" }))
  ))
  return { log, kettle, cup, both }
}

describe("services on demand", () => {
  it.effect("are made when something of them is used, with those that they need, and once", () =>
    Effect.gen(function*() {
      const { cup, kettle, log } = kitchen()
      yield* Effect.gen(function*() {
        const service = yield* Cup
        assert.deepStrictEqual(log, [])
        assert.strictEqual(service.content, "tea")
        assert.strictEqual((yield* Cup).size, 2)
        assert.deepStrictEqual(log, ["kettle made", "cup made"])
      }).pipe(Effect.provide(onDemand([Cup, cup], [Kettle, kettle])))
      assert.deepStrictEqual(log, ["kettle made", "cup made", "cup gone", "kettle gone"])
    }))

  it.effect("are not made at all when they are not used", () =>
    Effect.gen(function*() {
      const { cup, kettle, log } = kitchen()
      yield* Effect.gen(function*() {
        yield* Cup
        yield* (yield* Kettle).boil
      }).pipe(Effect.provide(onDemand([Cup, cup], [Kettle, kettle])))
      assert.deepStrictEqual(log, ["kettle made", "kettle gone"])
    }))

  it.effect("can be copied with changes, as any object", () =>
    Effect.gen(function*() {
      const { cup, kettle } = kitchen()
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(onDemand([Kettle, kettle], [Cup, cup]), scope)
      const service = Context.get(services, Cup)
      assert.deepStrictEqual({ ...service, size: 3 }, { content: "tea", size: 3 })
      assert.isTrue("content" in service)
      yield* Scope.close(scope, Exit.void)
    }))

  it.effect("come from one layer that is built once, where it makes several", () =>
    Effect.gen(function*() {
      const { both, log } = kitchen()
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* (yield* Kettle).boil, "milk")
        assert.strictEqual((yield* Saucer).colour, "blue")
      }).pipe(Effect.provide(onDemand([Kettle, both], [Saucer, both])))
      assert.deepStrictEqual(log, ["set made", "set gone"])
    }))

  it("are refused by the compiler when something that one of them needs is not there", () => {
    const { cup, kettle } = kitchen()
    // @ts-expect-error the cup needs a kettle
    assert.isDefined(onDemand([Cup, cup]))
    // @ts-expect-error a kettle is no cup
    assert.isDefined(onDemand([Cup, kettle]))
  })
})
