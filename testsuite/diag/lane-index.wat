;; features: +simd
(module
  (func (param v128) (drop (i16x8.extract_lane_u 9 (local.get 0)))))
