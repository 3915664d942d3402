;; A plugin of a guardrail of kind `wasm`, written by hand: wherever a text says "falcon", in letters of any case, it wants
;; that replaced. Gatewright reads this text as it is; `wasm-tools parse falcon.wat -o falcon.wasm` makes the binary of it.
;; The contract is crates/gw-wasm/wit/guardrail.wit.
(component
  (core module $plugin
    (memory (export "memory") 1)
    (data (i32.const 16) "falcon")
    (data (i32.const 32) "code_name")

    ;; What is free of the memory begins here.
    (global $free (mut i32) (i32.const 1024))

    ;; Room for what comes in and goes out. Nothing is given back: each question has an instance of its own.
    (func $room (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at
        (i32.and
          (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (block $fits
        (loop $more
          (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
          (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
          (br $more)))
      (local.get $at))

    ;; Does "falcon" stand there?
    (func $is_there (param $at i32) (result i32)
      (local $nth i32)
      (loop $next
        (if (i32.ne
              (i32.or (i32.load8_u (i32.add (local.get $at) (local.get $nth))) (i32.const 32))
              (i32.load8_u (i32.add (i32.const 16) (local.get $nth))))
          (then (return (i32.const 0))))
        (local.set $nth (i32.add (local.get $nth) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $nth) (i32.const 6))))
      (i32.const 1))

    ;; The question comes as its members; the answer is a place in memory: verdict, findings, how many.
    (func (export "judge")
      (param $guardrail i32) (param $guardrail_length i32) (param $side i32)
      (param $model i32) (param $model_length i32) (param $settings i32) (param $settings_length i32)
      (param $texts i32) (param $count i32)
      (result i32)
      (local $index i32) (local $text i32) (local $start i32) (local $end i32) (local $at i32)
      (local $findings i32) (local $found i32) (local $finding i32) (local $answer i32)
      ;; 64 findings are enough.
      (local.set $findings
        (call $room (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 2048)))
      (local.set $answer
        (call $room (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 12)))
      (block $done
        (loop $each_text
          (br_if $done (i32.ge_u (local.get $index) (local.get $count)))
          (local.set $text (i32.add (local.get $texts) (i32.mul (local.get $index) (i32.const 12))))
          (local.set $start (i32.load offset=4 (local.get $text)))
          (local.set $end (i32.add (local.get $start) (i32.load offset=8 (local.get $text))))
          (local.set $at (local.get $start))
          (block $text_done
            (loop $each_byte
              (br_if $text_done (i32.gt_u (i32.add (local.get $at) (i32.const 6)) (local.get $end)))
              (br_if $done (i32.ge_u (local.get $found) (i32.const 64)))
              (if (call $is_there (local.get $at))
                (then
                  (local.set $finding
                    (i32.add (local.get $findings) (i32.mul (local.get $found) (i32.const 32))))
                  (i32.store (local.get $finding) (local.get $index))
                  (i32.store offset=4 (local.get $finding) (i32.sub (local.get $at) (local.get $start)))
                  (i32.store offset=8 (local.get $finding)
                    (i32.add (i32.sub (local.get $at) (local.get $start)) (i32.const 6)))
                  (i32.store offset=12 (local.get $finding) (i32.const 32))
                  (i32.store offset=16 (local.get $finding) (i32.const 9))
                  ;; No replacement of its own.
                  (i32.store offset=20 (local.get $finding) (i32.const 0))
                  (local.set $found (i32.add (local.get $found) (i32.const 1)))
                  (local.set $at (i32.add (local.get $at) (i32.const 5)))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $each_byte)))
          (local.set $index (i32.add (local.get $index) (i32.const 1)))
          (br $each_text)))
      ;; allow, or replace
      (i32.store (local.get $answer)
        (select (i32.const 2) (i32.const 0) (local.get $found)))
      (i32.store offset=4 (local.get $answer) (local.get $findings))
      (i32.store offset=8 (local.get $answer) (local.get $found))
      (local.get $answer)))

  (core instance $instance (instantiate $plugin))

  (type $side (enum "request" "response"))
  (type $speaker (enum "system" "user" "assistant" "tool" "definition"))
  (type $text (record (field "speaker" $speaker) (field "content" string)))
  (type $question (record
    (field "guardrail" string) (field "side" $side) (field "model" string) (field "settings" string)
    (field "texts" (list $text))))
  (type $verdict (enum "allow" "flag" "replace" "block"))
  (type $finding (record
    (field "text" u32) (field "start" u32) (field "end" u32) (field "kind" string)
    (field "replacement" (option string))))
  (type $answer (record (field "verdict" $verdict) (field "findings" (list $finding))))
  (func $judge (param "question" $question) (result $answer)
    (canon lift (core func $instance "judge")
      (memory (core memory $instance "memory")) (realloc (core func $instance "cabi_realloc"))))

  ;; What is exported has to be named: types and function go through a component that names them.
  (component $named
    (type $a (enum "request" "response"))
    (import "side" (type $side (eq $a)))
    (type $b (enum "system" "user" "assistant" "tool" "definition"))
    (import "speaker" (type $speaker (eq $b)))
    (type $c (record (field "speaker" $speaker) (field "content" string)))
    (import "text" (type $text (eq $c)))
    (type $d (record
      (field "guardrail" string) (field "side" $side) (field "model" string) (field "settings" string)
      (field "texts" (list $text))))
    (import "question" (type $question (eq $d)))
    (type $e (enum "allow" "flag" "replace" "block"))
    (import "verdict" (type $verdict (eq $e)))
    (type $f (record
      (field "text" u32) (field "start" u32) (field "end" u32) (field "kind" string)
      (field "replacement" (option string))))
    (import "finding" (type $finding (eq $f)))
    (type $g (record (field "verdict" $verdict) (field "findings" (list $finding))))
    (import "answer" (type $answer (eq $g)))
    (import "judge" (func $judge (param "question" $question) (result $answer)))
    (export $side_out "side" (type $side))
    (export $speaker_out "speaker" (type $speaker))
    (type $h (record (field "speaker" $speaker_out) (field "content" string)))
    (export $text_out "text" (type $h))
    (type $i (record
      (field "guardrail" string) (field "side" $side_out) (field "model" string) (field "settings" string)
      (field "texts" (list $text_out))))
    (export $question_out "question" (type $i))
    (export $verdict_out "verdict" (type $verdict))
    (export $finding_out "finding" (type $finding))
    (type $j (record (field "verdict" $verdict_out) (field "findings" (list $finding_out))))
    (export $answer_out "answer" (type $j))
    (export "judge" (func $judge) (func (param "question" $question_out) (result $answer_out))))

  (instance $check (instantiate $named
    (with "side" (type $side)) (with "speaker" (type $speaker)) (with "text" (type $text))
    (with "question" (type $question)) (with "verdict" (type $verdict)) (with "finding" (type $finding))
    (with "answer" (type $answer)) (with "judge" (func $judge))))
  (export "gatewright:guardrail/check@1.0.0" (instance $check)))
