/// The value of one of Ipopt's options: a word, a whole number, a number, or yes and no.
///
/// Options have the names that Ipopt's documentation gives them: `["tol": 1e-10, "max_iter": 50, "mu_strategy": "adaptive"]`.
public enum IpoptOption: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
  /// One of the words that an option takes.
  case word(String)
  /// A whole number; also for options that take any number.
  case integer(Int)
  /// A number.
  case number(Double)

  /// A word.
  public init(stringLiteral value: String) { self = .word(value) }

  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }

  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// `yes` or `no`.
  public init(booleanLiteral value: Bool) { self = .word(value ? "yes" : "no") }

  /// The value as it is written.
  public var description: String {
    switch self {
    case .word(let word): "'\(word)'"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    }
  }

  /// Throws unless Ipopt has an option of this name.
  static func check(_ name: String) throws(IpoptError) {
    guard !names.contains(name) else { return }
    let distances = names.map { ($0, distance(name, $0)) }.filter { $0.1 <= max(1, name.count / 4) }
    let least = distances.map(\.1).min()
    throw .unknownOption(name, near: distances.filter { $0.1 == least }.map(\.0).sorted())
  }

  /// How many letters must be put in, taken out or changed (Levenshtein 1966).
  private static func distance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var corner = row[0]
      row[0] = i + 1
      for j in b.indices {
        let change = corner + (letter == b[j] ? 0 : 1)
        corner = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }

  /// The options of Ipopt 3.11 and 3.14. Ipopt itself tells an unknown option from a wrong value only on standard output.
  private static let names = Set(
    """
    accept_after_max_steps accept_every_trial_step acceptable_compl_inf_tol acceptable_constr_viol_tol
    acceptable_dual_inf_tol acceptable_iter acceptable_obj_change_tol acceptable_tol adaptive_mu_globalization
    adaptive_mu_kkt_norm_type adaptive_mu_kkterror_red_fact adaptive_mu_kkterror_red_iters
    adaptive_mu_monotone_init_factor adaptive_mu_restore_previous_iterate adaptive_mu_safeguard_factor
    alpha_for_y alpha_for_y_tol alpha_min_frac alpha_red_factor barrier_tol_factor bound_frac
    bound_mult_init_method bound_mult_init_val bound_mult_reset_threshold bound_push bound_relax_factor
    check_derivatives_for_naninf compl_inf_tol constr_mult_init_max constr_mult_reset_threshold constr_viol_tol
    constraint_violation_norm_type corrector_compl_avrg_red_fact corrector_type delta
    dependency_detection_with_rhs dependency_detector derivative_test derivative_test_first_index
    derivative_test_perturbation derivative_test_print_all derivative_test_tol diverging_iterates_tol
    dual_inf_tol eta_phi evaluate_orig_obj_at_resto_trial expect_infeasible_problem
    expect_infeasible_problem_ctol expect_infeasible_problem_ytol fast_step_computation file_append
    file_print_level filter_margin_fact filter_max_margin filter_reset_trigger findiff_perturbation
    first_hessian_perturbation fixed_mu_oracle fixed_variable_treatment gamma_phi gamma_theta grad_f_constant
    gradient_approximation hessian_approximation hessian_approximation_space hessian_constant
    honor_original_bounds hsllib inf_pr_output jac_c_constant jac_d_constant jacobian_approximation
    jacobian_regularization_exponent jacobian_regularization_value kappa_d kappa_sigma kappa_soc
    least_square_init_duals least_square_init_primal limited_memory_aug_solver limited_memory_init_val
    limited_memory_init_val_max limited_memory_init_val_min limited_memory_initialization
    limited_memory_max_history limited_memory_max_skipping limited_memory_special_for_resto
    limited_memory_update_type line_search_method linear_scaling_on_demand linear_solver linear_system_scaling
    ma27_ignore_singularity ma27_la_init_factor ma27_liw_init_factor ma27_meminc_factor ma27_pivtol
    ma27_pivtolmax ma27_print_level ma27_skip_inertia_check ma28_pivtol ma57_automatic_scaling ma57_block_size
    ma57_node_amalgamation ma57_pivot_order ma57_pivtol ma57_pivtolmax ma57_pre_alloc ma57_print_level
    ma57_small_pivot_flag ma77_buffer_lpage ma77_buffer_npage ma77_file_size ma77_maxstore ma77_nemin ma77_order
    ma77_print_level ma77_small ma77_static ma77_u ma77_umax ma86_nemin ma86_order ma86_print_level ma86_scaling
    ma86_small ma86_static ma86_u ma86_umax ma97_nemin ma97_order ma97_print_level ma97_scaling ma97_small
    ma97_solve_blas3 ma97_u ma97_umax magic_steps max_cpu_time max_filter_resets max_hessian_perturbation
    max_iter max_refinement_steps max_resto_iter max_soc max_soft_resto_iters max_wall_time mehrotra_algorithm
    min_hessian_perturbation min_refinement_steps mu_init mu_linear_decrease_factor mu_max mu_max_fact mu_min
    mu_oracle mu_strategy mu_superlinear_decrease_power mu_target mumps_dep_tol mumps_mem_percent
    mumps_mpi_communicator mumps_permuting_scaling mumps_pivot_order mumps_pivtol mumps_pivtolmax
    mumps_print_level mumps_scaling neg_curv_test_tol nlp_lower_bound_inf nlp_scaling_constr_target_gradient
    nlp_scaling_max_gradient nlp_scaling_method nlp_scaling_min_value nlp_scaling_obj_target_gradient
    nlp_upper_bound_inf nu_inc nu_init num_linear_variables obj_max_inc obj_scaling_factor option_file_name
    output_file pardiso_iter_coarse_size pardiso_iter_dropping_factor pardiso_iter_dropping_schur
    pardiso_iter_inverse_norm_factor pardiso_iter_max_levels pardiso_iter_max_row_fill pardiso_iter_relative_tol
    pardiso_iterative pardiso_matching_strategy pardiso_max_droptol_corrections pardiso_max_iter
    pardiso_max_iterative_refinement_steps pardiso_msglvl pardiso_order pardiso_out_of_core_power
    pardiso_redo_symbolic_fact_only_if_inertia_wrong pardiso_repeated_perturbation_means_singular
    pardiso_skip_inertia_check pardisolib pardisomkl_max_iterative_refinement_steps pardisomkl_msglvl
    pardisomkl_order perturb_always_cd perturb_dec_fact perturb_inc_fact perturb_inc_fact_first
    point_perturbation_radius print_advanced_options print_frequency_iter print_frequency_time print_info_string
    print_level print_options_documentation print_timing_statistics print_user_options
    quality_function_balancing_term quality_function_centrality quality_function_max_section_steps
    quality_function_norm_type quality_function_section_qf_tol quality_function_section_sigma_tol recalc_y
    recalc_y_feas_tol replace_bounds required_infeasibility_reduction residual_improvement_factor
    residual_ratio_max residual_ratio_singular resto_failure_feasibility_threshold resto_penalty_parameter
    resto_proximity_weight rho s_max s_phi s_theta sb sigma_max sigma_min skip_corr_if_neg_curv
    skip_corr_in_monotone_mode skip_finalize_solution_call slack_bound_frac slack_bound_push slack_move
    soft_resto_pderror_reduction_factor spral_order spral_print_level spral_scaling spral_u spral_use_gpu
    start_with_resto suppress_all_output tau_min theta_max_fact theta_min_fact timing_statistics tiny_step_tol
    tiny_step_y_tol tol warm_start_bound_frac warm_start_bound_push warm_start_entire_iterate
    warm_start_init_point warm_start_mult_bound_push warm_start_mult_init_max warm_start_same_structure
    warm_start_slack_bound_frac warm_start_slack_bound_push warm_start_target_mu warn_initial_bounds
    watchdog_shortened_iter_trigger watchdog_trial_iter_max wsmp_num_threads wsmp_ordering_option wsmp_pivtol
    wsmp_pivtolmax wsmp_scaling
    """.split(whereSeparator: \.isWhitespace).map(String.init))

  /// Those among them that take whole numbers alone.
  static let wholeNumbers = Set(
    """
    accept_after_max_steps acceptable_iter adaptive_mu_kkterror_red_iters derivative_test_first_index
    file_print_level filter_reset_trigger limited_memory_max_history limited_memory_max_skipping
    ma27_print_level ma57_block_size ma57_node_amalgamation ma57_pivot_order ma57_print_level
    ma57_small_pivot_flag ma77_buffer_lpage ma77_buffer_npage ma77_file_size ma77_maxstore ma77_nemin
    ma77_print_level ma86_nemin ma86_print_level ma97_nemin ma97_print_level max_filter_resets max_iter
    max_refinement_steps max_resto_iter max_soc max_soft_resto_iters min_refinement_steps mumps_mem_percent
    mumps_mpi_communicator mumps_permuting_scaling mumps_pivot_order mumps_print_level mumps_scaling
    num_linear_variables pardiso_iter_coarse_size pardiso_iter_max_levels pardiso_iter_max_row_fill
    pardiso_max_droptol_corrections pardiso_max_iter pardiso_max_iterative_refinement_steps pardiso_msglvl
    pardisomkl_max_iterative_refinement_steps pardisomkl_msglvl print_frequency_iter print_level
    quality_function_max_section_steps spral_print_level watchdog_shortened_iter_trigger watchdog_trial_iter_max
    wsmp_num_threads wsmp_ordering_option wsmp_scaling
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
